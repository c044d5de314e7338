import Testing

@testable import Graph

@Suite struct Int8WeightsTests {
    private func bytes(_ graph: Graph, _ type: DataType) throws -> [[UInt8]] {
        try graph.nodes.compactMap { node in
            guard case .constant(let data) = node.operation, node.type.dataType == type else { return nil }
            return try [UInt8](unsafeUninitializedCapacity: node.type.byteCount) { buffer, count in
                try data.copy(into: UnsafeMutableRawBufferPointer(buffer))
                count = node.type.byteCount
            }
        }
    }

    @Test func rowsAreRoundedByTheirOwnScales() throws {
        let builder = GraphBuilder()
        let x = builder.input("x", TensorType([1, 3]), from: .frame)
        let weight = builder.constant(
            InlineConstant([127, -63.5, 0.4, -2, 1, 0.5, 0, 0, 0] as [Float]), TensorType([3, 3]), name: "weight")
        builder.output("y", try builder.linear(x, weight: weight, bias: nil))
        let graph = builder.finish().withInt8Weights()
        let numbers = try bytes(graph, .int8).map { $0.map(Int8.init(bitPattern:)) }
        // Ties go to even, and a row of zeros stays one.
        #expect(numbers == [[127, -64, 0, -127, 64, 32, 0, 0, 0]])
        let scales = try bytes(graph, .float32).map { $0.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }
        #expect(scales == [[1, 2 / 127, 1]])
        #expect(graph.inputs.map(\.name) == ["x"] && graph.outputs.map(\.name) == ["y"])
    }

    /// A matrix that something else reads as well, one that is computed, and one that two products share.
    @Test func onlyStoredMatricesOfProductsAreReplaced() throws {
        let builder = GraphBuilder()
        let constant = { (name: String) in
            builder.constant(InlineConstant([1, 2, 3, 4] as [Float]), TensorType([2, 2]), name: name)
        }
        let x = builder.input("x", TensorType([2, 2]), from: .frame)
        let (read, computed, shared) = (constant("read"), constant("computed"), constant("shared"))
        let sum = try builder.add(builder.linear(x, weight: read, bias: nil), read)
        let product = try builder.linear(sum, weight: builder.unary(.silu, computed), bias: nil)
        let twice = try builder.linear(builder.linear(product, weight: shared, bias: nil), weight: shared, bias: nil)
        builder.output("y", twice)
        let graph = builder.finish().withInt8Weights()
        #expect(try bytes(graph, .int8).count == 2)
        // "read" and "computed" are still there, each as it was, beside the two scales.
        #expect(try bytes(graph, .float32).filter { $0.count == 16 }.count == 2)
    }
}
