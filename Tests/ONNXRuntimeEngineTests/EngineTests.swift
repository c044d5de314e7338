import EngineTools
import Graph
import ONNXRuntimeEngine
import Testing

/// Binding, chaining and failing, on each provider there is.
@Suite(.enabled(if: TestEngines.hasLibrary, "\(TestEngines.missingLibrary)"))
struct EngineTests {
    static let providers: [ONNXRuntimeOptions.Provider] = TestEngines.hasWebGPU ? [.cpu, .webgpu] : [.cpu]

    enum Output: String, CaseIterable, Sendable { case computed, input, otherInput, weight, follower }

    @Test(
        arguments: [[.input], [.weight], [.computed, .computed], [.otherInput, .follower, .computed, .input, .input]]
            as [[Output]], providers)
    func outputsMayBeInputsConstantsAndRepeated(
        _ outputs: [Output], _ provider: ONNXRuntimeOptions.Provider
    ) throws {
        var comparison = Comparison { try TestEngines.engine(provider) }
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

    @Test(arguments: providers)
    func unreadInputsAreBoundAllTheSame(_ provider: ONNXRuntimeOptions.Provider) throws {
        var comparison = Comparison { try TestEngines.engine(provider) }
        _ = comparison.input([3])
        let x = comparison.input([2])
        _ = comparison.input([4])
        #expect(try comparison.difference { [$0.silu(x)] } < 1e-6)
    }

    /// y = x + 1 and z = 2y in two programs that share y's memory.
    @Test(arguments: providers)
    func chainedProgramsShareABuffer(_ provider: ONNXRuntimeOptions.Provider) throws {
        let engine = try TestEngines.engine(provider)
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

    @Test(arguments: providers)
    func buffersAreZeroedAndKeepTheirSize(_ provider: ONNXRuntimeOptions.Provider) throws {
        let buffer = try TestEngines.engine(provider).makeBuffer(TensorType([5]))
        #expect(try Comparison.numbers(in: buffer, buffer.type) == [0, 0, 0, 0, 0])
        #expect(throws: EngineError.self) { try [Float(1)].withUnsafeBytes { try buffer.write($0) } }
    }

    @Test(arguments: providers)
    func aWrongBindingIsNamed(_ provider: ONNXRuntimeOptions.Provider) throws {
        let engine = try TestEngines.engine(provider)
        let builder = GraphBuilder()
        builder.output("y", builder.silu(builder.input("x", TensorType([2]), from: .frame)))
        let executable = try engine.compile(builder.finish(), label: "test")
        let (two, three) = (try engine.makeBuffer(TensorType([2])), try engine.makeBuffer(TensorType([3])))
        let missing = #expect(throws: GraphError.self) { _ = try executable.bind(["x": two]) }
        #expect(missing?.location == "y" && missing?.code == .unknownName)
        let wrong = #expect(throws: GraphError.self) { _ = try executable.bind(["x": three, "y": two]) }
        #expect(wrong?.location == "x" && wrong?.code == .typeMismatch)
    }

    /// Settings are computed on one thread while another runs frames.
    @Test(arguments: providers)
    func twoThreadsMayRunAtOnce(_ provider: ONNXRuntimeOptions.Provider) async throws {
        let engine = try TestEngines.engine(provider)
        let type = TensorType([1, 64])
        let builder = GraphBuilder()
        builder.output("y", try builder.multiply(builder.input("x", type, from: .frame), builder.scalar(3)))
        let executable = try engine.compile(builder.finish(), label: "shared")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for stream in 1...2 {
                group.addTask {
                    let (x, y) = (try engine.makeBuffer(type), try engine.makeBuffer(type))
                    let invocation = try executable.bind(["x": x, "y": y])
                    for round in 0..<50 {
                        let number = Float(stream * 1000 + round)
                        try [Float](repeating: number, count: 64).withUnsafeBytes { try x.write($0) }
                        try invocation.run()
                        let numbers = try Comparison.numbers(in: y, type)
                        #expect(numbers.allSatisfy { $0 == Double(3 * number) })
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Attention's scores in parts, where they would not fit.
    @Test(arguments: providers)
    func attentionIsTakenInParts(_ provider: ONNXRuntimeOptions.Provider) throws {
        let engine = try ONNXRuntimeEngine(options: ONNXRuntimeOptions(provider: provider, largestScores: 4096))
        var comparison = Comparison { engine }
        let (query, key) = (comparison.input([1, 50, 64]), comparison.input([1, 70, 64]))
        #expect(
            try comparison.difference { [try $0.attention(query: query, key: key, value: key, heads: 2)] } < 1e-5)
    }

    @Test func refusedGraphsCarryONNXRuntimesOwnWords() throws {
        let builder = GraphBuilder()
        let x = builder.input("x", TensorType([1, 4], .uint8), from: .frame)
        builder.output("y", builder.unary(.gelu, x))
        let error = #expect(throws: EngineError.self) {
            _ = try TestEngines.engine(.cpu).compile(builder.finish(), label: "whole")
        }
        #expect(error?.code == .compileFailed)
        #expect(error?.message.hasPrefix("the graph whole could not be compiled for cpu: ONNX Runtime says: ") == true)
    }

    @Test func aProviderThatTheLibraryLacksIsNamedWithThoseItHas() throws {
        let error = #expect(throws: EngineError.self) { _ = try ONNXRuntimeEngine(options: .init(provider: .tensorrt)) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("was built without tensorrt: it has cpu") == true)
    }
}
