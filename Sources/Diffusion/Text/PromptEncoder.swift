package import Graph

/// A model's text encoders, compiled: token ids in, `PromptEmbedding` out. One thread at a time.
package final class PromptEncoder {
    /// One encoder with the memory it is bound to.
    private struct Compiled {
        let encoder: TextEncoder
        let invocation: any Invocation
        let ids, hiddenStates: any Buffer
        let endPosition, pooled: (any Buffer)?
    }
    private let compiled: [Compiled]

    /// - Throws: where an encoder's weights and config do not belong together, or the engine refuses them.
    package init(_ model: DiffusionModel, engine: any Engine) throws {
        compiled = try model.textEncoders.map { encoder in
            let graph = try encoder.graph()
            let executable = try engine.compile(graph, label: encoder.name)
            var buffers: [String: any Buffer] = [:]
            for (name, type) in graph.inputTypes.merging(graph.outputTypes, uniquingKeysWith: { first, _ in first }) {
                buffers[name] = try engine.makeBuffer(type)
            }
            guard let ids = buffers[TextEncoderGraph.Input.ids],
                let hiddenStates = buffers[TextEncoderGraph.Output.hiddenStates]
            else { throw GraphError(.unknownName, "a text encoder has ids and hidden states", at: encoder.name) }
            return Compiled(
                encoder: encoder, invocation: try executable.bind(buffers), ids: ids, hiddenStates: hiddenStates,
                endPosition: buffers[TextEncoderGraph.Input.endPosition],
                pooled: buffers[TextEncoderGraph.Output.pooled])
        }
    }

    /// - Parameter ids: a row of `positions` token ids for each of the model's encoders, from its own tokenizer.
    package func encode(_ ids: [[Int64]]) throws -> PromptEmbedding {
        guard ids.count == compiled.count, zip(ids, compiled).allSatisfy({ $0.count == $1.encoder.positions }) else {
            throw DiffusionError(
                .badRequest,
                "\(compiled.count) rows of \(compiled[0].encoder.positions) token ids are needed, not \(ids.map(\.count))",
                at: "")
        }
        var rows: [(states: [Float], features: Int)] = []
        var pooled: [Float]?
        for (tokens, part) in zip(ids, compiled) {
            if let strange = tokens.first(where: { $0 < 0 || $0 >= part.encoder.vocabularySize }) {
                throw DiffusionError(
                    .badRequest,
                    "token \(strange) is beyond the \(part.encoder.vocabularySize) of the encoder; "
                        + "the tokenizer is of another model",
                    at: part.encoder.tokenizerName)
            }
            try tokens.withUnsafeBytes { try part.ids.write($0) }
            try withUnsafeBytes(of: part.encoder.endPosition(in: tokens)) { try part.endPosition?.write($0) }
            try part.invocation.run()
            rows.append((try Self.floats(part.hiddenStates), part.encoder.features))
            if let buffer = part.pooled { pooled = try Self.floats(buffer) }
        }
        guard rows.count > 1 else { return PromptEmbedding(hiddenStates: rows[0].states, pooled: pooled) }
        let joined = (0..<compiled[0].encoder.positions).flatMap { token in
            rows.flatMap { $0.states[token * $0.features..<(token + 1) * $0.features] }
        }
        return PromptEmbedding(hiddenStates: joined, pooled: pooled)
    }

    private static func floats(_ buffer: any Buffer) throws -> [Float] {
        var result = [Float](repeating: 0, count: buffer.type.shape.elementCount)
        try result.withUnsafeMutableBytes { try buffer.read(into: $0) }
        return result
    }
}

/// A prompt as the UNet takes it. A plain value, so that prompts can be mixed and moved between.
package struct PromptEmbedding: Sendable, Equatable {
    /// [1, tokens, features], as in `DiffusionModel.promptShape`, row by row.
    package var hiddenStates: [Float]
    /// [1, features], for models that take a pooled prompt.
    package var pooled: [Float]?

    package init(hiddenStates: [Float], pooled: [Float]? = nil) {
        (self.hiddenStates, self.pooled) = (hiddenStates, pooled)
    }
}
