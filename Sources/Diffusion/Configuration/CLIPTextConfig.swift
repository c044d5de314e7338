import Weights

/// transformers' `CLIPTextConfig`, reduced to what changes the computation.
struct CLIPTextConfig: Sendable {
    let vocabularySize: Int
    let hiddenSize: Int
    let intermediateSize: Int
    let projectionSize: Int
    let layers: Int
    let heads: Int
    /// Tokens of every prompt: 77.
    let positions: Int
    let activation: Activation
    let epsilon: Float
    let endToken: Int

    init(_ config: PartConfig) throws {
        try config.require("model_type", is: "clip_text_model")
        vocabularySize = try config.size("vocab_size", default: 49408)
        hiddenSize = try config.size("hidden_size", default: 512)
        intermediateSize = try config.size("intermediate_size", default: 2048)
        projectionSize = try config.size("projection_dim", default: 512)
        layers = try config.size("num_hidden_layers", default: 12)
        heads = try config.size("num_attention_heads", default: 8)
        positions = try config.size("max_position_embeddings", default: 77)
        activation = try config.activation("hidden_act", default: .quickGelu)
        epsilon = try config.value("layer_norm_eps", default: 1e-5)
        endToken = try config.value("eos_token_id", default: 49407)
        guard hiddenSize % heads == 0 else {
            throw config.error("num_attention_heads", "is \(heads), which does not divide \(hiddenSize) channels")
        }
    }
}
