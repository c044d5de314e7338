import EngineTools
import Graph
import OpenVINOEngine
import Testing

/// Binding, chaining and failing.
@Suite struct EngineTests {
    enum Output: String, CaseIterable, Sendable { case computed, input, otherInput, weight, follower }

    @Test(
        arguments: [[.input], [.weight], [.computed, .computed], [.otherInput, .follower, .computed, .input, .input]]
            as [[Output]])
    func outputsMayBeInputsConstantsAndRepeated(_ outputs: [Output]) throws {
        var comparison = Comparison()
        let (x, y) = (comparison.input([2, 3]), comparison.input([4]))
        let weight = comparison.weight([5])
        let difference = try comparison.difference { builder in
            let sum = try builder.add(x, builder.scalar(1))
            return outputs.map { output in
                switch output {
                case .computed: sum
                case .input: x
                case .otherInput: y
                case .weight: weight
                case .follower: builder.silu(sum)
                }
            }
        }
        #expect(difference < 1e-6)
    }

    @Test func unreadInputsAreBoundAllTheSame() throws {
        var comparison = Comparison()
        _ = comparison.input([3])
        let x = comparison.input([2])
        _ = comparison.input([4])
        #expect(try comparison.difference { [$0.silu(x)] } < 1e-6)
    }

    /// y = x + 1 and z = 2y in two programs that share y's memory.
    @Test func chainedProgramsShareABuffer() throws {
        let engine = try Comparison.engine()
        let type = TensorType([2])
        let first = GraphBuilder()
        first.output("y", try first.add(first.input("x", type, from: .frame), first.scalar(1)))
        let second = GraphBuilder()
        second.output("z", try second.multiply(second.input("y", type, from: .frame), second.scalar(2)))
        let (x, y, z) = (try engine.makeBuffer(type), try engine.makeBuffer(type), try engine.makeBuffer(type))
        let chain = [
            try engine.compile(first.finish(), label: "first").bind(["x": x, "y": y]),
            try engine.compile(second.finish(), label: "second").bind(["y": y, "z": z]),
        ]
        for numbers: [Float] in [[1, 2], [-3, 0.5]] {
            try numbers.withUnsafeBytes { try x.write($0) }
            for program in chain { try program.run() }
            #expect(try Comparison.numbers(in: z, type) == numbers.map { Double(2 * ($0 + 1)) })
        }
    }

    @Test func oneProgramServesTwoStreams() throws {
        let engine = try Comparison.engine()
        let type = TensorType([1])
        let builder = GraphBuilder()
        builder.output("y", try builder.multiply(builder.input("x", type, from: .frame), builder.scalar(3)))
        let executable = try engine.compile(builder.finish(), label: "shared")
        #expect(executable.graphInputs == ["x": type] && executable.graphOutputs == ["y": type])
        let streams = try [Float(1), 2].map { number in
            let (x, y) = (try engine.makeBuffer(type), try engine.makeBuffer(type))
            try [number].withUnsafeBytes { try x.write($0) }
            return (try executable.bind(["x": x, "y": y]), y)
        }
        for (invocation, _) in streams { try invocation.run() }
        #expect(try streams.map { try Comparison.numbers(in: $0.1, type)[0] } == [3, 6])
    }

    @Test func buffersAreZeroedAndKeepTheirSize() throws {
        let buffer = try Comparison.engine().makeBuffer(TensorType([5]))
        #expect(try Comparison.numbers(in: buffer, buffer.type) == [0, 0, 0, 0, 0])
        #expect(throws: EngineError.self) { try [Float(1)].withUnsafeBytes { try buffer.write($0) } }
    }

    @Test func aWrongBindingIsNamed() throws {
        let engine = try Comparison.engine()
        let builder = GraphBuilder()
        builder.output("y", builder.silu(builder.input("x", TensorType([2]), from: .frame)))
        let executable = try engine.compile(builder.finish(), label: "test")
        let (two, three) = (try engine.makeBuffer(TensorType([2])), try engine.makeBuffer(TensorType([3])))
        let missing = #expect(throws: GraphError.self) { _ = try executable.bind(["x": two]) }
        #expect(missing?.location == "y" && missing?.code == .unknownName)
        let wrong = #expect(throws: GraphError.self) { _ = try executable.bind(["x": three, "y": two]) }
        #expect(wrong?.location == "x" && wrong?.code == .typeMismatch)
    }

    /// Large weights of every kind, so that they are released after compiling, through two runs.
    @Test(arguments: [DataType.float32, .float16, .bfloat16])
    func releasedWeightsAreNotMissed(_ stored: DataType) throws {
        var comparison = Comparison()
        let (x, tokens) = (comparison.input([1, 128, 10, 12]), comparison.input([1, 40, 256]))
        let ids: [Int64] = [0, 1999, 3]
        let id = comparison.input(bytes: ids.withUnsafeBytes { Array($0) }, TensorType([3], .int64))
        let spatial = comparison.weight([128, 128, 3, 3], as: stored)
        let (pointwise, grouped) = (
            comparison.weight([512, 128, 1, 1], as: stored), comparison.weight([256, 64, 5, 5], as: stored)
        )
        let (matrix, table) = (comparison.weight([512, 256], as: stored), comparison.weight([2000, 64], as: stored))
        #expect(
            try comparison.difference {
                [
                    try $0.conv2d(x, weight: spatial, bias: nil, padding: .init(1)),
                    try $0.conv2d(x, weight: pointwise, bias: nil, padding: .init(0)),
                    try $0.conv2d(x, weight: grouped, bias: nil, stride: 2, padding: .init(1), groups: 2),
                    try $0.linear(tokens, weight: matrix, bias: nil),
                    try $0.linear($0.slice(tokens, axis: 1, 0..<1), weight: matrix, bias: nil),
                    try $0.embedding(table: table, ids: id),
                ]
            } < 1e-5)
    }

    /// Gelu of whole numbers: OpenVINO refuses it, and its own words must come through.
    @Test func refusedGraphsCarryOpenVINOsOwnWords() throws {
        let builder = GraphBuilder()
        let x = builder.input("x", TensorType([1, 4], .uint8), from: .frame)
        let weight = builder.constant(
            InlineConstant(bytes: [UInt8](repeating: 1, count: 8)), TensorType([2, 4], .uint8), name: "w")
        builder.output("y", builder.unary(.gelu, try builder.linear(x, weight: weight, bias: nil)))
        let engine = try Comparison.engine()
        let error = #expect(throws: EngineError.self) { _ = try engine.compile(builder.finish(), label: "whole") }
        #expect(error?.code == .compileFailed)
        #expect(error?.message.hasPrefix("the graph whole could not be ") == true)
        #expect(error?.message.contains("OpenVINO says: ") == true)
    }
}
