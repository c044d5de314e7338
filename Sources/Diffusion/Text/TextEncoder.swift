package import Graph
import Weights

/// One of a model's text encoders.
package struct TextEncoder: Sendable {
    /// The part's folder: "text_encoder", "text_encoder_2".
    package let name: String
    /// The folder of the tokenizer that goes with it.
    package let tokenizerName: String
    let model: CLIPTextModel
    let weights: WeightStore
    /// Words that textual inversions added, each with the ids of its vectors.
    package let learnedTokens: [(text: String, ids: [Int])]

    /// Tokens of every prompt, padding included.
    package var positions: Int { model.config.positions }
    /// Token ids are below this.
    package var vocabularySize: Int { model.config.vocabularySize + learnedTokens.reduce(0) { $0 + $1.ids.count } }
    /// Width of its hidden states.
    package var features: Int { model.config.hiddenSize }
    /// Width of its pooled output; nil where the model has no use for one.
    package var pooledFeatures: Int? { model.output == .penultimateAndPooled ? model.config.projectionSize : nil }

    /// `TextEncoderGraph`: ids in, hidden states (and the pooled prompt) out.
    /// - Throws: where weights and config do not belong together, naming the tensor.
    package func graph() throws -> Graph {
        let graph = try TextEncoderGraph(
            model: model, vocabularySize: vocabularySize, weights: weights.root, name: name
        ).build()
        let unused = model.unusedWeights
        try weights.checkAllUsed { name in unused.contains { name.hasPrefix($0) } }
        return graph
    }

    /// Where transformers takes the pooled output from: the largest id's position where eos_token_id is 2 (configs from
    /// before it was put right), else the first end token's; the first of equals. Learned words, whose ids are larger
    /// still, are passed over.
    package func endPosition(in ids: [Int64]) -> Int64 {
        let end = Int64(model.config.endToken)
        let wanted = end == 2 ? ids.filter { $0 < model.config.vocabularySize }.max() : end
        return Int64(ids.firstIndex { $0 == wanted } ?? 0)
    }

    /// - Parameter inversions: the word and the vectors that each textual inversion has for this encoder.
    init(
        name: String, tokenizerName: String, model: CLIPTextModel, weights: WeightStore,
        inversions: [(token: String, vectors: WeightTensor)]
    ) throws {
        (self.name, self.tokenizerName, self.model) = (name, tokenizerName, model)
        var next = model.config.vocabularySize
        learnedTokens = inversions.map { token, vectors in
            let count = vectors.shape.rank == 1 ? 1 : vectors.shape[0]
            defer { next += count }
            return (token, Array(next..<next + count))
        }
        let table = "embeddings.token_embedding.weight"
        self.weights =
            inversions.isEmpty
            ? weights
            : try weights.appending(
                inversions.map(\.vectors), to: weights["text_model." + table] == nil ? table : "text_model." + table)
    }
}
