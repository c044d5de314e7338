import Graph
import ReferenceEngine
import Testing

/// A miniature of an img2img program: a picture, a prompt, a noise level, and a step that is repeated.
private func miniature() throws -> Graph {
    let builder = GraphBuilder(segment: "encode")
    let frame = builder.input("frame", TensorType([4], .uint8), from: .frame)
    let prompt = builder.input("prompt", TensorType([4]), from: .prompt)
    let sigma = builder.input("sigma", TensorType([1]), from: [.strength, .step])
    let weight = builder.constant(InlineConstant([2, 2, 2, 2] as [Float]), TensorType([4]), name: "weight")
    let key = try builder.multiply(prompt, weight)
    let latents = builder.convert(frame, to: .float32)
    builder.beginSegment("denoise")
    let both = try builder.multiply(key, sigma)
    let next = try builder.add(latents, both)
    builder.beginSegment("decode")
    builder.output("picture", builder.convert(builder.clamp(next, 0, 255), to: .uint8))
    return builder.finish()
}

@Suite struct PartitionTests {
    @Test func movesEverythingThatDoesNotDependOnTheFrame() throws {
        let partition = try miniature().partitioned()
        #expect(partition.settings.map(\.label) == ["settings prompt", "settings prompt+strength+step"])
        #expect(partition.segments.map(\.label) == ["encode", "denoise", "decode"])
        #expect(partition.repeated == 1..<2)
        let binaries = partition.segments.flatMap(\.graph.nodes).filter {
            if case .binary = $0.operation { true } else { false }
        }
        #expect(binaries.count == 1, "only the addition to the latents is left for every frame")
    }

    @Test func refusesToRepeatWhatMoreThanOneValueFlowsThrough() throws {
        let builder = GraphBuilder(segment: "encode")
        let frame = builder.input("frame", TensorType([4]), from: .frame)
        let (a, b) = (builder.unary(.sin, frame), builder.unary(.cos, frame))
        builder.beginSegment("denoise")
        let sum = try builder.add(a, b)
        builder.beginSegment("decode")
        builder.output("picture", builder.unary(.exp, sum))
        #expect(throws: GraphError.self) { try builder.finish().partitioned() }
    }

    /// What is computed from the frame before the steps is read by each of them, where the carried value is named.
    @Test func stepsReadWhatIsComputedOnceAFrame() throws {
        let builder = GraphBuilder(segment: "encode")
        let frame = builder.input("frame", TensorType([4]), from: .frame)
        let mask = builder.input("mask", TensorType([4]), from: .frame)
        let sample = builder.convert(try builder.add(frame, builder.scalar(0)), to: .float32)
        builder.beginSegment("condition")
        let condition = try builder.multiply(mask, builder.scalar(10))
        builder.carry(sample)
        builder.beginSegment("control")
        let doubled = try builder.multiply(sample, builder.scalar(2))
        builder.beginSegment("denoise")
        let next = try builder.add(doubled, condition)
        builder.beginSegment("decode")
        builder.output("picture", try builder.add(next, builder.scalar(1)))
        let partition = try builder.finish().partitioned()
        #expect(partition.segments.map(\.label) == ["encode", "condition", "control", "denoise", "decode"])
        #expect(partition.repeated == 2..<4 && partition.frameInputs == ["frame", "mask"])

        let instance = try Program(builder.finish(), engine: ReferenceEngine()).makeInstance(steps: 3)
        instance.activate(try instance.prepare(ProgramInputs()))
        func bytes(_ numbers: [Float]) -> [UInt8] { numbers.withUnsafeBytes { Array($0) } }
        var result = [Float](repeating: 0, count: 4)
        try bytes([1, 2, 3, 4]).withUnsafeBytes { frame in
            try result.withUnsafeMutableBytes { try instance.restyle(frame, [bytes([0, 1, 0, 2])], into: $0) }
        }
        // x ← 2x + c, three times, and one more.
        #expect(result == [9, 87, 25, 173])
        #expect(throws: GraphError.self) {
            try bytes([1, 2, 3, 4]).withUnsafeBytes { frame in
                try result.withUnsafeMutableBytes { try instance.restyle(frame, into: $0) }
            }
        }
    }

    @Test func refusesOperandsThatDoNotFit() {
        let builder = GraphBuilder()
        let x = builder.input("x", TensorType([1, 3, 8, 8]), from: .frame)
        let w = builder.constant(InlineConstant([Float](repeating: 0, count: 36)), TensorType([1, 4, 3, 3]), name: "w")
        #expect(throws: GraphError.self) { try builder.conv2d(x, weight: w, bias: nil, padding: .init(1)) }
        #expect(throws: GraphError.self) { try builder.reshape(x, [5]) }
        #expect(throws: GraphError.self) { try builder.concat([x, w], axis: 1) }
        #expect(throws: GraphError.self) { try builder.slice(x, axis: 1, 2..<5) }
    }
}

@Suite struct ProgramTests {
    private func restyle(_ instance: ProgramInstance, _ picture: [UInt8]) throws -> [UInt8] {
        var result = [UInt8](repeating: 99, count: picture.count)
        try picture.withUnsafeBytes { input in
            try result.withUnsafeMutableBytes { try instance.restyle(input, into: $0) }
        }
        return result
    }

    private func inputs(prompt: [Float], sigmas: [Float]) -> ProgramInputs {
        var inputs = ProgramInputs()
        inputs.set("prompt", prompt)
        inputs.set("sigma", steps: sigmas.map { [$0] })
        return inputs
    }

    @Test func runsTheRepeatedSegmentOnceAStep() throws {
        let program = try Program(miniature(), engine: ReferenceEngine())
        let instance = try program.makeInstance(steps: 3)
        instance.activate(try instance.prepare(inputs(prompt: [1, 2, 3, 4], sigmas: [1, 10, 0.5])))
        #expect(try restyle(instance, [0, 1, 2, 250]) == [23, 47, 71, 255])
    }

    @Test func newSettingsCountFromTheirActivationOn() throws {
        let program = try Program(miniature(), engine: ReferenceEngine())
        let instance = try program.makeInstance()
        instance.activate(try instance.prepare(inputs(prompt: [1, 1, 1, 1], sigmas: [1])))
        let next = try instance.prepare(inputs(prompt: [5, 5, 5, 5], sigmas: [1]))
        #expect(try restyle(instance, [0, 0, 0, 0]) == [2, 2, 2, 2])
        instance.activate(next)
        #expect(try restyle(instance, [0, 0, 0, 0]) == [10, 10, 10, 10])
        // The set now idle is behind; only sigma differs from what the active one holds.
        instance.activate(try instance.prepare(inputs(prompt: [5, 5, 5, 5], sigmas: [3])))
        #expect(try restyle(instance, [1, 0, 0, 0]) == [31, 30, 30, 30])
    }

    /// Newer settings may be computed again and again before a frame takes any: what is in force stays as it is.
    @Test func theNewestSettingsWinAndDisturbNobody() throws {
        let instance = try Program(miniature(), engine: ReferenceEngine()).makeInstance()
        instance.activate(try instance.prepare(inputs(prompt: [1, 1, 1, 1], sigmas: [1])))
        for sigma in 2...6 {
            let newest = try instance.prepare(inputs(prompt: [1, 1, 1, 1], sigmas: [Float(sigma)]))
            #expect(try restyle(instance, [0, 0, 0, 0]) == [2, 2, 2, 2])
            if sigma == 6 { instance.activate(newest) }
        }
        #expect(try restyle(instance, [0, 0, 0, 0]) == [12, 12, 12, 12])
    }

    @Test func saysWhichInputIsMissingOrWrong() throws {
        let instance = try Program(miniature(), engine: ReferenceEngine()).makeInstance()
        var incomplete = ProgramInputs()
        incomplete.set("prompt", [1, 2, 3, 4])
        #expect { try instance.prepare(incomplete) } throws: { "\($0)".contains("sigma") }
        #expect { try instance.prepare(inputs(prompt: [1], sigmas: [1])) } throws: { "\($0)".contains("prompt") }
    }

    @Test func streamsOfOneProgramDoNotMeet() throws {
        let program = try Program(miniature(), engine: ReferenceEngine())
        let (one, other) = (try program.makeInstance(), try program.makeInstance())
        for (instance, sigma) in [(one, Float(1)), (other, Float(2))] {
            instance.activate(try instance.prepare(inputs(prompt: [1, 1, 1, 1], sigmas: [sigma])))
        }
        #expect(try restyle(one, [0, 0, 0, 0]) == [2, 2, 2, 2])
        #expect(try restyle(other, [0, 0, 0, 0]) == [4, 4, 4, 4])
    }
}
