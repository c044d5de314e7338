import Diffusion
import Graph
import Settings
import Synchronization
import Tokenizer
import Weights

/// A model's prompts, from text to embedding: tokenized, encoded, blended, and kept. Shared by the model's streams.
final class PromptLibrary: Sendable {
    private struct State {
        /// One thread at a time may use it, which the lock ensures.
        let encoder: PromptEncoder
        var embeddings: [String: PromptEmbedding] = [:]
        /// Least recently used first.
        var order: [String] = []
    }

    /// Enough for a timeline that comes back to its prompts, and small beside any model.
    private static let kept = 64
    private let tokenizers: [CLIPTokenizer]
    /// Of one token's embedding.
    private let features: Int
    private let state: Mutex<State>
    private let styles: ModelStyles?
    /// Told what a prompt lost to the encoder's limit of tokens, and words that the model does not know.
    private let warn: @Sendable (String) -> Void

    init(
        _ model: DiffusionModel, files: any ModelFiles, engine: any Engine, styles: ModelStyles?,
        warn: @escaping @Sendable (String) -> Void
    ) throws {
        (self.styles, self.warn) = (styles, warn)
        features = model.promptShape[2]
        tokenizers = try model.textEncoders.map {
            try CLIPTokenizer($0.tokenizerName, of: files, learnedTokens: $0.learnedTokens)
        }
        state = Mutex(State(encoder: try PromptEncoder(model, engine: engine)))
    }

    /// The embedding of a blend of prompts; texts met before cost nothing.
    func embedding(of blend: PromptBlend) throws -> PromptEmbedding {
        switch blend {
        case .prompt(let prompt):
            let parts = try prompt.normalizedParts.map { part in
                (weight: Float(part.weight), embedding: try embedding(of: part.text))
            }
            return try PromptEmbedding.sum(parts) ?? embedding(of: "")
        case .slerp(let start, let end, let progress):
            return try embedding(of: start).slerp(
                to: embedding(of: end), progress: Float(progress), features: features)
        }
    }

    private func embedding(of text: String) throws -> PromptEmbedding {
        try state.withLock { state in
            if let known = state.embeddings[text] {
                state.order.removeAll { $0 == text }
                state.order.append(text)
                return known
            }
            for sentence in Prompt.syntaxNotRead(in: text) { warn(sentence) }
            let tokens = tokenizers.map { $0.encode(text) }
            if let lost = tokens[0].truncated {
                warn("the prompt is longer than the model reads; it goes without \"\(lost)\"")
            }
            if let note = styles?.note(on: text) { warn(note) }
            let embedding = try state.encoder.encode(tokens.map(\.ids))
            if state.order.count >= Self.kept { state.embeddings[state.order.removeFirst()] = nil }
            state.embeddings[text] = embedding
            state.order.append(text)
            return embedding
        }
    }
}
