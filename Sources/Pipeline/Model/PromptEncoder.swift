import Diffusion
import Graph
import Settings
import Synchronization
import Tokenizer
import Weights

/// A model's text encoders with their tokenizers: prompts to embeddings. Shared by the streams of a model.
public final class PromptEncoder: Sendable {
    private struct Encoder {
        let encoder: TextEncoder
        let tokenizer: CLIPTokenizer
        let invocation: any Invocation
        let ids: any Buffer
        let endPosition: (any Buffer)?
        let hiddenStates: any Buffer
        let pooled: (any Buffer)?
    }
    private struct State {
        var embeddings: [String: PromptEmbedding] = [:]
        /// Least recently used first.
        var order: [String] = []
    }

    /// Prompts kept encoded: enough for a timeline that comes back to its prompts, small beside any model.
    private static let kept = 64
    private let encoders: [Encoder]
    private let state = Mutex(State())
    /// Told what a prompt lost to the encoder's limit of tokens.
    private let warn: @Sendable (String) -> Void

    init(_ model: DiffusionModel, files: any ModelFiles, engine: any Engine, warn: @escaping @Sendable (String) -> Void)
        throws
    {
        self.warn = warn
        encoders = try model.textEncoders.map { encoder in
            let executable = try engine.compile(encoder.graph(), label: encoder.name)
            var buffers: [String: any Buffer] = [:]
            for (name, type) in executable.graphInputs.merging(executable.graphOutputs, uniquingKeysWith: { a, _ in a })
            {
                buffers[name] = try engine.makeBuffer(type)
            }
            guard let ids = buffers[TextEncoderGraph.Input.ids],
                let hiddenStates = buffers[TextEncoderGraph.Output.hiddenStates]
            else {
                throw GraphError(.unknownName, "a text encoder takes ids and gives hidden states", at: encoder.name)
            }
            return Encoder(
                encoder: encoder, tokenizer: try CLIPTokenizer(encoder.tokenizerName, of: files),
                invocation: try executable.bind(buffers), ids: ids,
                endPosition: buffers[TextEncoderGraph.Input.endPosition], hiddenStates: hiddenStates,
                pooled: buffers[TextEncoderGraph.Output.pooled])
        }
    }

    /// The embedding of a blend of prompts; texts met before cost nothing.
    func embedding(of blend: PromptBlend) throws -> PromptEmbedding {
        switch blend {
        case .prompt(let prompt):
            let parts = try prompt.normalizedParts.map {
                (weight: Float($0.weight), embedding: try embedding(of: $0.text))
            }
            return try PromptEmbedding.sum(parts) ?? embedding(of: "")
        case .slerp(let start, let end, let progress):
            return try embedding(of: start).slerp(to: embedding(of: end), progress: Float(progress))
        }
    }

    private func embedding(of text: String) throws -> PromptEmbedding {
        try state.withLock { state in
            if let known = state.embeddings[text] {
                state.order.removeAll { $0 == text }
                state.order.append(text)
                return known
            }
            let embedding = try encode(text)
            if state.order.count >= Self.kept { state.embeddings[state.order.removeFirst()] = nil }
            state.embeddings[text] = embedding
            state.order.append(text)
            return embedding
        }
    }

    /// Hidden states of several encoders are joined along the features, as SDXL has it.
    private func encode(_ text: String) throws -> PromptEmbedding {
        var columns: [(features: Int, values: [Float])] = []
        var pooled: [Float] = []
        for (position, encoder) in encoders.enumerated() {
            let tokens = encoder.tokenizer.encode(text)
            if position == 0, let lost = tokens.truncated {
                warn("the prompt is longer than the model reads; it goes without \"\(lost)\"")
            }
            let ids = tokens.ids
            try ids.withUnsafeBytes { try encoder.ids.write($0) }
            if let end = encoder.endPosition {
                try [encoder.encoder.endPosition(in: ids)].withUnsafeBytes { try end.write($0) }
            }
            try encoder.invocation.run()
            columns.append((encoder.encoder.features, try Self.floats(encoder.hiddenStates)))
            if let buffer = encoder.pooled { pooled = try Self.floats(buffer) }
        }
        let features = columns.reduce(0) { $0 + $1.features }
        let tokens = columns[0].values.count / columns[0].features
        let hiddenStates = (0..<tokens).flatMap { token in
            columns.flatMap { $0.values[(token * $0.features)..<((token + 1) * $0.features)] }
        }
        return PromptEmbedding(features: features, hiddenStates: hiddenStates, pooled: pooled)
    }

    private static func floats(_ buffer: any Buffer) throws -> [Float] {
        var values = [Float](repeating: 0, count: buffer.type.shape.elementCount)
        try values.withUnsafeMutableBytes { try buffer.read(into: $0) }
        return values
    }
}
