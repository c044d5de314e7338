/// One complete set of a stream's settings: the inputs, what the settings programs made of them, and the frame
/// program bound to them.
final class SettingsSet {
    /// One run of a segment; the repeated segments have one call a step.
    struct Call {
        let segment: Int
        let invocation: any Invocation
    }

    /// The frame program, in order.
    let calls: [Call]
    /// Inputs and computed values, one buffer a step where they differ by step, else one.
    private let values: [String: [any Buffer]]
    /// The inputs among the values: all of them have to be given.
    private let required: Set<String>
    /// Which settings programs there are, and their runs: one a step where they depend on the step.
    private let programs: [(times: BindingTimes, inputs: Set<String>, outputs: Set<String>, runs: [any Invocation])]
    /// What the inputs hold now.
    private var current: [String: [[UInt8]]] = [:]

    init(_ program: Program, steps: Int, frame: FrameBuffers) throws {
        let partition = program.partition
        var values: [String: [any Buffer]] = [:]
        for part in partition.settings + partition.segments {
            for binding in part.graph.inputs + part.graph.outputs {
                let node = part.graph[binding.value]
                guard !node.bindingTimes.changesWithFrame, values[binding.name] == nil else { continue }
                let count = node.bindingTimes.contains(.step) ? steps : 1
                values[binding.name] = try (0..<count).map { _ in try program.engine.makeBuffer(node.type) }
            }
        }
        func binding(_ executable: any Executable, step: Int, carried: [String: any Buffer]) throws -> any Invocation {
            var buffers: [String: any Buffer] = [:]
            for name in Array(executable.graphInputs.keys) + Array(executable.graphOutputs.keys) {
                if let choices = values[name] {
                    buffers[name] = choices[choices.count == 1 ? 0 : step]
                } else {
                    buffers[name] = carried[name] ?? frame.between[name]
                }
            }
            return try executable.bind(buffers)
        }

        programs = try zip(partition.settings, program.settings).map { part, executable in
            let count = part.bindingTimes.contains(.step) ? steps : 1
            return (
                part.bindingTimes, Set(part.graph.inputs.map(\.name)), Set(part.graph.outputs.map(\.name)),
                try (0..<count).map { try binding(executable, step: $0, carried: [:]) }
            )
        }
        var calls: [Call] = []
        func call(_ segments: Range<Int>, step: Int, carried: [String: any Buffer]) throws {
            for segment in segments {
                calls.append(
                    Call(
                        segment: segment,
                        invocation: try binding(program.segments[segment], step: step, carried: carried)))
            }
        }
        if let names = partition.carried {
            try call(0..<partition.repeated.lowerBound, step: 0, carried: [names.input: frame.carried[0]])
            for step in 0..<steps {
                try call(
                    partition.repeated, step: step,
                    carried: [names.input: frame.carried[step], names.output: frame.carried[step + 1]])
            }
            try call(
                partition.repeated.upperBound..<partition.segments.count, step: steps - 1,
                carried: [names.output: frame.carried[steps]])
        } else {
            try call(0..<partition.segments.count, step: 0, carried: [:])
        }
        (self.values, self.calls) = (values, calls)
        required = Set(values.keys).subtracting(programs.flatMap(\.outputs))
    }

    /// Writes the inputs that differ from what the set holds and runs the programs that depend on them.
    func update(_ inputs: ProgramInputs) throws {
        var stale = Set<String>()
        for (name, value) in inputs.values where current[name] != value {
            guard let buffers = values[name] else {
                throw GraphError(.unknownName, "the program has no such input", at: name)
            }
            guard value.count == buffers.count, zip(value, buffers).allSatisfy({ $0.count == $1.type.byteCount }) else {
                throw GraphError(
                    .typeMismatch,
                    "\(buffers.count) values of \(buffers[0].type) are needed, \(value.count) of "
                        + "\(value.map(\.count)) bytes were given", at: name)
            }
            for (bytes, buffer) in zip(value, buffers) { try bytes.withUnsafeBytes { try buffer.write($0) } }
            // Forgotten until the programs have run: an error halfway leaves the set stale, not wrong.
            current[name] = nil
            stale.insert(name)
        }
        let written = stale
        for program in programs where !program.inputs.isDisjoint(with: stale) {
            for run in program.runs { try run.run() }
            stale.formUnion(program.outputs)
        }
        for name in written { current[name] = inputs.values[name] }
        let missing = required.filter { current[$0] == nil }
        guard missing.isEmpty else {
            throw GraphError(.unknownName, "no value was given yet", at: missing.sorted().joined(separator: ", "))
        }
    }
}
