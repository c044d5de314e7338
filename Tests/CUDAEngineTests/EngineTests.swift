import EngineTools
import Graph
import Testing

@testable import CUDAEngine

/// Binding, memory and failing, on the host.
@Suite(.enabled(if: EmulatedKernels.isPossible, "there is no C++ compiler to emulate kernels with"))
struct EngineTests {
    private let device = EmulatedDevice()
    private func engine(_ precision: CUDAOptions.Precision = .bfloat16) -> CUDAEngine {
        CUDAEngine(device: device, options: CUDAOptions(precision: precision))
    }

    private func write(_ numbers: [Float], to buffer: any Buffer) throws {
        try numbers.withUnsafeBytes { try buffer.write($0) }
    }

    /// y = x + 1 and z = 2y in two programs that share y's memory.
    @Test func chainedProgramsShareABuffer() throws {
        let (engine, type) = (engine(), TensorType([2]))
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
            try write(numbers, to: x)
            for program in chain { try program.run() }
            #expect(try Comparison.numbers(in: z, type) == numbers.map { Double(2 * ($0 + 1)) })
        }
    }

    /// The weights are laid out once, and every stream has its own inputs and outputs.
    @Test func oneProgramServesTwoStreams() throws {
        let (engine, type) = (engine(), TensorType([1, 8]))
        let builder = GraphBuilder()
        let identity = (0..<64).map { Float($0 % 9 == 0 ? 3 : 0) }
        let weight = builder.constant(InlineConstant(identity), TensorType([8, 8]), name: "w")
        builder.output("y", try builder.linear(builder.input("x", type, from: .frame), weight: weight, bias: nil))
        let executable = try engine.compile(builder.finish(), label: "shared")
        #expect(executable.graphInputs == ["x": type] && executable.graphOutputs == ["y": type])
        let streams = try [Float(1), 2].map { number in
            let (x, y) = (try engine.makeBuffer(type), try engine.makeBuffer(type))
            try write([Float](repeating: number, count: 8), to: x)
            return (try executable.bind(["x": x, "y": y]), y)
        }
        for (invocation, _) in streams { try invocation.run() }
        #expect(try streams.map { try Comparison.numbers(in: $0.1, type)[7] } == [3, 6])
    }

    @Test(arguments: CUDAOptions.Precision.allCases, [[5], [1, 3, 7], [2, 1, 2, 2]] as [Shape])
    func buffersAreZeroedAndGiveBackWhatTheyTook(_ precision: CUDAOptions.Precision, _ shape: Shape) throws {
        let buffer = try engine(precision).makeBuffer(TensorType(shape))
        #expect(try Comparison.numbers(in: buffer, buffer.type).allSatisfy { $0 == 0 })
        // What every precision holds.
        let numbers = (0..<shape.elementCount).map { Float($0) - 1.5 }
        try write(numbers, to: buffer)
        #expect(try Comparison.numbers(in: buffer, buffer.type) == numbers.map(Double.init))
        #expect(throws: EngineError.self) { try write([Float](repeating: 1, count: 99), to: buffer) }
    }

    @Test func aWrongBindingIsNamed() throws {
        let builder = GraphBuilder()
        builder.output("y", builder.silu(builder.input("x", TensorType([2]), from: .frame)))
        let engine = engine()
        let executable = try engine.compile(builder.finish(), label: "test")
        let (two, three) = (try engine.makeBuffer(TensorType([2])), try engine.makeBuffer(TensorType([3])))
        let missing = #expect(throws: GraphError.self) { _ = try executable.bind(["x": two]) }
        #expect(missing?.location == "y" && missing?.code == .unknownName)
        let wrong = #expect(throws: GraphError.self) { _ = try executable.bind(["x": three, "y": two]) }
        #expect(wrong?.location == "x" && wrong?.code == .typeMismatch)
    }

    /// A prompt is encoded seldom and looked at closely; frames are many.
    @Test(arguments: [(BindingTimes.prompt, 0...1e-5), (.frame, 1e-4...1e-2)])
    func whatDependsOnSettingsAloneIsComputedInFloat32(
        _ source: BindingTimes, _ expected: ClosedRange<Double>
    ) throws {
        let engine = engine()
        var comparison = Comparison { engine }
        let (x, weight) = (comparison.input([4, 64], from: source), comparison.weight([16, 64]))
        let difference = try comparison.difference { [try $0.linear(x, weight: weight, bias: nil)] }
        #expect(expected.contains(difference))
    }

    /// Marked segments are computed in bfloat16 where float16 would overflow.
    @Test func numbersBeyondFloat16Survive() throws {
        let engine = engine(.float16)
        var comparison = Comparison { engine }
        let (x, weight) = (comparison.input([1, 8, 4, 4], in: 100...200), comparison.weight([8, 8, 3, 3]))
        let difference = try comparison.difference { builder in
            builder.markBeyondFloat16()
            let large = try builder.multiply(x, builder.scalar(1000))
            return [try builder.conv2d(large, weight: weight, bias: nil, padding: .init(1))]
        }
        #expect(difference < 1e-2)
    }

    @Test func memoryIsGivenBack() throws {
        do {
            let engine = engine()
            let builder = GraphBuilder()
            let weight = builder.constant(
                InlineConstant([Float](repeating: 1, count: 4096)), TensorType([64, 64]), name: "w")
            let x = builder.input("x", TensorType([64, 64]), from: .frame)
            builder.output("y", builder.silu(try builder.linear(x, weight: weight, bias: nil)))
            let executable = try engine.compile(builder.finish(), label: "test")
            // The weight stays in bfloat16, and nothing of what it was read into; x is copied for every run.
            #expect(device.usedBytes == 2 * 64 * 64 * 2)
            let buffers = [
                "x": try engine.makeBuffer(TensorType([64, 64])), "y": try engine.makeBuffer(TensorType([64, 64])),
            ]
            try executable.bind(buffers).run()
        }
        #expect(device.usedBytes == 0)
    }

    @Test func kernelsAreTimedByKind() throws {
        let timed = TimedDevice(device, repetitions: 2)
        let engine = CUDAEngine(device: timed, options: CUDAOptions())
        var comparison = Comparison { engine }
        let (x, weight) = (comparison.input([1, 8, 64]), comparison.weight([16, 64]))
        var difference = Double.infinity
        let times = try timed.timed {
            difference = try comparison.difference { [try $0.linear(x, weight: weight, bias: nil)] }
        }
        #expect(difference < 1e-2)
        #expect(times.keys.contains("product 64x64") && times.values.allSatisfy { $0 > 0 })
    }

    @Test func tooLittleMemoryNamesTheProgram() throws {
        let engine = CUDAEngine(device: EmulatedDevice(memory: 10_000), options: CUDAOptions())
        let builder = GraphBuilder()
        let weight = builder.constant(
            InlineConstant([Float](repeating: 1, count: 10_000)), TensorType([100, 100]), name: "w")
        let x = builder.input("x", TensorType([100]), from: .frame)
        builder.output("y", try builder.linear(x, weight: weight, bias: nil))
        let error = #expect(throws: EngineError.self) { _ = try engine.compile(builder.finish(), label: "decode") }
        #expect(error?.code == .outOfMemory && error?.message.hasPrefix("decode: ") == true)
    }

    @Test func headsTooLargeAreRefused() throws {
        let builder = GraphBuilder()
        let x = builder.input("x", TensorType([1, 4, 1024]), from: .frame)
        builder.output("y", try builder.scope("attn1") { try builder.attention(query: x, key: x, value: x, heads: 1) })
        let error = #expect(throws: EngineError.self) { _ = try engine().compile(builder.finish(), label: "test") }
        #expect(error?.code == .compileFailed)
        #expect(error?.message.contains("attn1") == true && error?.message.contains("1024") == true)
    }

    /// Only a new process can go on after an error in a kernel: the daemon's exit status says so.
    @Test(
        arguments: [(2, .outOfMemory), (700, .deviceLost), (719, .deviceLost), (1, .runFailed)]
            as [(Int32, EngineError.Code)])
    func theDriversErrorsSayWhatCanBeDone(_ result: Int32, _ code: EngineError.Code) {
        #expect(CUDADriver.code(result) == code)
    }
}
