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

    /// Tokens of every prompt, padding included.
    package var positions: Int { model.config.positions }
    /// Token ids are below this.
    package var vocabularySize: Int { model.config.vocabularySize }
    /// Width of its hidden states.
    package var features: Int { model.config.hiddenSize }
    /// Width of its pooled output; nil where the model has no use for one.
    package var pooledFeatures: Int? { model.output == .penultimateAndPooled ? model.config.projectionSize : nil }

    /// `TextEncoderGraph`: ids in, hidden states (and the pooled prompt) out.
    /// - Throws: where weights and config do not belong together, naming the tensor.
    package func graph() throws -> Graph {
        let graph = try TextEncoderGraph(model: model, weights: weights.root, name: name).build()
        let unused = model.unusedWeights
        try weights.checkAllUsed { name in unused.contains { name.hasPrefix($0) } }
        return graph
    }

    /// Where transformers takes the pooled output from: the largest id's position where eos_token_id is 2 (configs from
    /// before it was put right), else the first end token's; the first of equals.
    package func endPosition(in ids: [Int64]) -> Int64 {
        let end = Int64(model.config.endToken)
        let wanted = end == 2 ? ids.max() : end
        return Int64(ids.firstIndex { $0 == wanted } ?? 0)
    }
}
