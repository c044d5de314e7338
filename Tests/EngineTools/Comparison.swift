package import Graph
import ReferenceEngine
import Testing

/// Builds a graph, runs it on an engine and on the reference engine with the same random inputs, and compares.
package struct Comparison {
    private let engine: () throws -> any Engine
    private var random = SplitMix64(seed: 1)
    private let builder = GraphBuilder()
    private var inputs: [(name: String, bytes: [UInt8], type: TensorType)] = []

    package init(_ engine: @escaping () throws -> any Engine) { self.engine = engine }

    /// A new input with random numbers in `range`.
    package mutating func input(
        _ shape: Shape, in range: ClosedRange<Float> = -2...2, from source: BindingTimes = .frame
    ) -> Graph.Value {
        input((0..<shape.elementCount).map { _ in Float.random(in: range, using: &random) }, shape, from: source)
    }

    package mutating func input(_ values: [Float], _ shape: Shape, from source: BindingTimes = .frame) -> Graph.Value {
        input(bytes: values.withUnsafeBytes { Array($0) }, TensorType(shape), from: source)
    }

    package mutating func input(bytes: [UInt8], _ type: TensorType, from source: BindingTimes = .frame) -> Graph.Value {
        let name = "input \(inputs.count)"
        inputs.append((name, bytes, type))
        return builder.input(name, type, from: source)
    }

    /// A new weight with random numbers, stored as `dataType` and converted to float32.
    package mutating func weight(_ shape: Shape, as dataType: DataType = .float32) -> Graph.Value {
        let values = (0..<shape.elementCount).map { _ in Float.random(in: -1...1, using: &random) }
        let bytes: [UInt8] =
            switch dataType {
            case .float16: values.map { Float16($0) }.withUnsafeBytes { Array($0) }
            case .bfloat16: values.map { UInt16($0.bitPattern >> 16) }.withUnsafeBytes { Array($0) }
            default: values.withUnsafeBytes { Array($0) }
            }
        let constant = builder.constant(InlineConstant(bytes: bytes), TensorType(shape, dataType), name: "weight")
        return builder.convert(constant, to: .float32)
    }

    /// Runs what `body` builds on both engines.
    /// - Parameter pass: what becomes of the graph first.
    /// - Returns: the largest difference of any element of any output, relative to that output's largest magnitude.
    package mutating func difference(
        pass: (Graph) -> Graph = { $0 }, _ body: (GraphBuilder) throws -> [Graph.Value]
    ) throws -> Double {
        for (index, value) in try body(builder).enumerated() { builder.output("output \(index)", value) }
        let graph = pass(builder.finish())
        let expected = try run(graph, on: ReferenceEngine())
        let actual = try run(graph, on: engine())
        var worst = 0.0
        for (a, b) in zip(actual, expected) {
            try #require(a.count == b.count && b.allSatisfy(\.isFinite))
            let scale = max(b.map { abs($0) }.max() ?? 0, 1e-30)
            for (x, y) in zip(a, b) { worst = max(worst, x.isFinite ? abs(x - y) / scale : .infinity) }
        }
        return worst
    }

    private func run(_ graph: Graph, on engine: any Engine) throws -> [[Double]] {
        let executable = try engine.compile(graph, label: "test <\(graph.nodes.count) & more>")
        var buffers: [String: any Buffer] = [:]
        for input in inputs {
            let buffer = try engine.makeBuffer(input.type)
            try input.bytes.withUnsafeBytes { try buffer.write($0) }
            buffers[input.name] = buffer
        }
        for output in graph.outputs {
            let type = graph[output.value].type
            let buffer = try engine.makeBuffer(type)
            // Poison: not a number in every floating-point type, and no plausible integer.
            let poison = [UInt8](repeating: 0xff, count: type.byteCount)
            try poison.withUnsafeBytes { try buffer.write($0) }
            buffers[output.name] = buffer
        }
        let invocation = try executable.bind(buffers)
        try invocation.run()
        // Again: a program must not depend on what the last run left.
        try invocation.run()
        return try graph.outputs.map { output in
            let type = graph[output.value].type
            let buffer = try #require(buffers[output.name])
            return try Self.numbers(in: buffer, type)
        }
    }

    package static func numbers(in buffer: any Buffer, _ type: TensorType) throws -> [Double] {
        var bytes = [UInt8](repeating: 0, count: type.byteCount)
        try bytes.withUnsafeMutableBytes { try buffer.read(into: $0) }
        return bytes.withUnsafeBytes { raw in
            switch type.dataType {
            case .int8: raw.bindMemory(to: Int8.self).map(Double.init)
            case .uint8: raw.map(Double.init)
            case .int32: raw.bindMemory(to: Int32.self).map(Double.init)
            case .int64: raw.bindMemory(to: Int64.self).map(Double.init)
            case .float16: raw.bindMemory(to: Float16.self).map(Double.init)
            case .bfloat16: raw.bindMemory(to: UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
            case .float32: raw.bindMemory(to: Float.self).map(Double.init)
            }
        }
    }
}

/// A generator with a fixed sequence, after Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators".
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
