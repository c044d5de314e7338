import Synchronization

/// One stream's memory for a program: the frame's buffers, and sets of settings.
///
/// Three sets: the one that is in force, the one that was prepared last, and the one that newer settings are computed in.
/// So new settings are computed beside the running stream (`prepare`) and swapped in between two frames (`activate`), and
/// neither ever waits for the other, however fast the settings change.
///
/// `restyle` and `activate` belong to the thread that runs frames. `prepare` belongs to one thread as well, which may be
/// another one, and may run at the same time.
package final class ProgramInstance: @unchecked Sendable {
    // @unchecked: a set is updated while it is neither active nor kept, and used while it is active.
    private let program: Program
    private let steps: Int
    private let frame: FrameBuffers
    private let sets: [SettingsSet]
    private let roles = Mutex(Roles())
    private let clock = ContinuousClock()

    private struct Roles {
        var active = 0
        /// Prepared last, and maybe to be activated.
        var kept = 0
    }

    /// Settings that were computed and can be put in force, until others are prepared.
    package struct PreparedSettings: Sendable {
        fileprivate let set: Int
    }

    /// How long each segment of the last frame took, in order; the repeated ones summed over the steps.
    package private(set) var segmentDurations: [Duration]
    package var segmentLabels: [String] { program.partition.segments.map(\.label) }

    init(_ program: Program, steps: Int) throws {
        self.program = program
        self.steps = steps
        let frame = try FrameBuffers(program, steps: steps)
        self.frame = frame
        sets = try (0..<3).map { _ in try SettingsSet(program, steps: steps, frame: frame) }
        segmentDurations = [Duration](repeating: .zero, count: program.segments.count)
    }

    /// Brings a set that is not in use up to `inputs`, running those settings programs whose inputs changed.
    package func prepare(_ inputs: ProgramInputs) throws -> PreparedSettings {
        let free = roles.withLock { roles in sets.indices.first { $0 != roles.active && $0 != roles.kept } ?? 0 }
        try sets[free].update(inputs)
        roles.withLock { $0.kept = free }
        return PreparedSettings(set: free)
    }

    /// Makes what `prepare` computed the settings of the next frame.
    package func activate(_ settings: PreparedSettings) { roles.withLock { $0.active = settings.set } }

    /// One frame.
    /// - Parameters:
    ///   - picture: the bytes of the first input that changes with the frame.
    ///   - others: those of the further ones, in the order in which the graph declares them.
    ///   - result: takes the output's bytes.
    package func restyle(
        _ picture: UnsafeRawBufferPointer, _ others: [[UInt8]] = [], into result: UnsafeMutableRawBufferPointer
    ) throws {
        guard others.count == frame.inputs.count - 1 else {
            throw GraphError(
                .unknownName, "\(frame.inputs.count) pictures make a frame, and \(others.count + 1) were given",
                at: "frame")
        }
        try frame.inputs[0].write(picture)
        for (input, other) in zip(frame.inputs.dropFirst(), others) {
            try other.withUnsafeBytes { try input.write($0) }
        }
        for index in segmentDurations.indices { segmentDurations[index] = .zero }
        for call in sets[roles.withLock { $0.active }].calls {
            segmentDurations[call.segment] += try clock.measure { try call.invocation.run() }
        }
        try frame.output.read(into: result)
    }
}

/// The memory between the segments of one stream's frame program.
struct FrameBuffers {
    /// The frame's picture, and those that its controls look at.
    let inputs: [any Buffer]
    let output: any Buffer
    /// Values between segments, by name; the carried ones are apart.
    let between: [String: any Buffer]
    /// What is fed from step to step: one buffer before the first step and one after each.
    let carried: [any Buffer]

    /// - Throws: `GraphError` unless the program has an input that is the frame and exactly one output.
    init(_ program: Program, steps: Int) throws {
        let (partition, engine) = (program.partition, program.engine)
        let graphs = partition.segments.map(\.graph)
        var types: [String: TensorType] = [:]
        for graph in graphs { types.merge(graph.outputTypes) { first, _ in first } }
        let consumed = Set(graphs.flatMap { $0.inputs.map(\.name) })
        let results = types.keys.filter { !consumed.contains($0) }
        let inputTypes = try partition.frameInputs.map { name in
            guard let type = graphs.lazy.compactMap({ $0.inputTypes[name] }).first else {
                throw GraphError(.unknownName, "nothing is computed from this input", at: name)
            }
            return type
        }
        guard let outputName = results.first, results.count == 1, let outputType = types[outputName],
            !inputTypes.isEmpty
        else {
            throw GraphError(
                .unknownName,
                "a frame program has pictures in and one out, this one \(inputTypes.count) and \(results.count)",
                at: "frame")
        }
        inputs = try inputTypes.map(engine.makeBuffer)
        output = try engine.makeBuffer(outputType)
        var between = Dictionary(uniqueKeysWithValues: zip(partition.frameInputs, inputs))
        between[outputName] = output
        if let carriedNames = partition.carried {
            let type = types[carriedNames.input]
            guard let type, type == types[carriedNames.output] else {
                throw GraphError(.typeMismatch, "a step must return what it takes", at: carriedNames.input)
            }
            carried = try (0...steps).map { _ in try engine.makeBuffer(type) }
            types[carriedNames.input] = nil
            types[carriedNames.output] = nil
        } else {
            carried = []
        }
        for (name, type) in types where name != outputName { between[name] = try engine.makeBuffer(type) }
        self.between = between
    }
}
