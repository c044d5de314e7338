/// The memory between the segments of one stream's frame program.
struct FrameBuffers {
    let input: any Buffer
    let output: any Buffer
    /// Values between segments, by name; the carried ones are apart.
    let between: [String: any Buffer]
    /// What is fed from step to step: one buffer before the first step and one after each.
    let carried: [any Buffer]

    /// - Throws: `GraphError` unless the program has exactly one input that is the frame and one output.
    init(_ program: Program, steps: Int) throws {
        let (partition, engine) = (program.partition, program.engine)
        let graphs = partition.segments.map(\.graph)
        var types: [String: TensorType] = [:]
        for graph in graphs { types.merge(graph.outputTypes) { first, _ in first } }
        let consumed = Set(graphs.flatMap { $0.inputs.map(\.name) })
        let results = types.keys.filter { !consumed.contains($0) }
        let frames = Set(
            graphs.flatMap { graph in
                graph.inputs.filter { types[$0.name] == nil && graph[$0.value].bindingTimes.changesWithFrame }
                    .map(\.name)
            })
        guard let inputName = frames.first, let outputName = results.first, frames.count == 1, results.count == 1,
            let inputType = graphs.lazy.compactMap({ $0.inputTypes[inputName] }).first,
            let outputType = types[outputName]
        else {
            throw GraphError(
                .unknownName,
                "a frame program has one picture in and one out, this one \(frames.count) and \(results.count)",
                at: "frame")
        }
        input = try engine.makeBuffer(inputType)
        output = try engine.makeBuffer(outputType)
        var between: [String: any Buffer] = [inputName: input, outputName: output]
        if let carriedNames = partition.carried {
            let type = types[carriedNames.input]
            guard let type, type == types[carriedNames.output] else {
                throw GraphError(.typeMismatch, "a step must return what it takes", at: Graph.repeatedSegment)
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
