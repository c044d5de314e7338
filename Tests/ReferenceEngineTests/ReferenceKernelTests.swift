import Graph
import ReferenceEngine
import Testing

/// Small cases worked out by hand; the models' parity with diffusers checks the rest.
@Suite struct ReferenceKernelTests {
    private func evaluate(
        _ inputs: [([Float], Shape)], _ body: (GraphBuilder, [Graph.Value]) throws -> Graph.Value
    ) throws -> [Float] {
        let builder = GraphBuilder()
        let values = inputs.enumerated().map {
            builder.constant(InlineConstant($1.0), TensorType($1.1), name: "\($0)")
        }
        builder.output("result", try body(builder, values))
        let graph = builder.finish()
        let engine = ReferenceEngine()
        let type = try #require(graph.outputTypes["result"])
        let buffer = engine.makeBuffer(type)
        try engine.compile(graph, label: "test").bind(["result": buffer]).run()
        var result = [Float](repeating: .nan, count: type.shape.elementCount)
        try result.withUnsafeMutableBytes { try buffer.read(into: $0) }
        return result
    }

    @Test func conv2dPadsUnevenlyAndStrides() throws {
        let picture: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
        let result = try evaluate([(picture, [1, 1, 3, 3]), ([1, 1, 1, 1], [1, 1, 2, 2]), ([0.5], [1])]) {
            try $0.conv2d(
                $1[0], weight: $1[1], bias: $1[2], stride: 2, padding: .init(top: 0, left: 0, bottom: 1, right: 1))
        }
        #expect(result == [12.5, 9.5, 15.5, 9.5])
    }

    @Test func causalAttentionSeesOnlyThePast() throws {
        let value: [Float] = [10, 0, 0, 20]
        let result = try evaluate([([1, 0, 0, 1], [1, 2, 2]), ([0, 0, 0, 0], [1, 2, 2]), (value, [1, 2, 2])]) {
            try $0.attention(query: $1[0], key: $1[1], value: $1[2], heads: 1, causal: true)
        }
        #expect(result == [10, 0, 5, 10])
    }

    @Test func groupNormHasZeroMeanAndUnitVarianceInEachGroup() throws {
        let result = try evaluate([([1, 3, 10, 30], [1, 4, 1, 1]), ([1, 1, 1, 1], [4]), ([0, 0, 0, 5], [4])]) {
            try $0.groupNorm($1[0], weight: $1[1], bias: $1[2], groups: 2, epsilon: 0)
        }
        #expect(result == [-1, 1, -1, 6])
    }

    @Test func nearestUpsamplingMeetsOddSizes() throws {
        let result = try evaluate([([1, 2, 3], [1, 1, 1, 3])]) { try $0.upsampleNearest($1[0], height: 1, width: 5) }
        #expect(result == [1, 1, 2, 2, 3])
    }

    @Test func transposeConcatAndSlice() throws {
        let result = try evaluate([([1, 2, 3, 4, 5, 6], [2, 3])]) { builder, x in
            let turned = try builder.transpose(x[0], [1, 0])
            return try builder.concat([turned, builder.slice(turned, axis: 1, 1..<2)], axis: 1)
        }
        #expect(result == [1, 4, 4, 2, 5, 5, 3, 6, 6])
    }

    @Test func gegluGatesTheFirstHalfByTheSecond() throws {
        let result = try evaluate([([2, 3, 0, 100], [1, 4])]) { try $0.geglu($1[0]) }
        #expect(result == [0, 300])
    }

    @Test func roundTakesTiesToEven() throws {
        let result = try evaluate([([0.5, 1.5, -0.5, 2.5], [4])]) { $0.unary(.round, $1[0]) }
        #expect(result == [0, 2, 0, 2])
    }
}
