import Graph
import Weights

/// transformers' `CLIPTextModel` and `CLIPTextModelWithProjection`.
struct CLIPTextModel {
    enum Output: Sendable {
        /// The last layer's result after the final norm: what Stable Diffusion takes.
        case lastHiddenState
        /// The result of the last layer but one, without the final norm: what SDXL takes.
        case penultimateHiddenState
        /// That, and the projected end token of the last layer: SDXL's second encoder.
        case penultimateAndPooled
    }

    struct Result {
        /// [1, positions, hidden_size].
        let hiddenStates: Value
        /// [1, projection_dim].
        let pooled: Value?
    }

    let config: CLIPTextConfig
    let output: Output
    /// Rows of the table of tokens: the config's, and those of learned words behind them.
    var tableSize: Int?

    /// - Parameters:
    ///   - ids: int64 [1, positions].
    ///   - endPosition: int64 [1], where the end token stands.
    func callAsFunction(ids: Value, endPosition: Value?, _ module: Module) throws -> Result {
        // Published files carry the prefix for both classes; transformers 5 writes CLIPTextModel's without.
        let hasPrefix = module.weights["text_model"].contains("final_layer_norm.weight")
        guard hasPrefix else { return try run(ids, endPosition, module, projection: module) }
        return try module("text_model") { try run(ids, endPosition, $0, projection: module) }
    }

    private func run(_ ids: Value, _ endPosition: Value?, _ module: Module, projection: Module) throws -> Result {
        let builder = module.builder
        var hidden = try module("embeddings") { module in
            let (size, count) = (config.hiddenSize, module.shape(of: ids)[1])
            let tokens = try module.weights.constant(
                "token_embedding.weight", [tableSize ?? config.vocabularySize, size], in: builder)
            let positions = try module.weights.constant(
                "position_embedding.weight", [config.positions, size], in: builder)
            let used = count == config.positions ? positions : try builder.slice(positions, axis: 0, 0..<count)
            return try builder.add(builder.embedding(table: tokens, ids: ids), used)
        }
        var penultimate = hidden
        let needed = output == .penultimateHiddenState ? config.layers - 1 : config.layers
        for index in 0..<needed {
            penultimate = hidden
            hidden = try module("encoder.layers.\(index)") { try CLIPEncoderLayer(config: config)(hidden, $0) }
        }
        if output == .penultimateHiddenState { return Result(hiddenStates: hidden, pooled: nil) }
        let last = try module.layerNorm("final_layer_norm", hidden, epsilon: config.epsilon)
        guard output == .penultimateAndPooled, let endPosition else {
            return Result(hiddenStates: last, pooled: nil)
        }
        let shape = module.shape(of: last)
        let end = try builder.embedding(table: builder.reshape(last, [shape[1], shape[2]]), ids: endPosition)
        return Result(
            hiddenStates: penultimate,
            pooled: try projection.linear("text_projection", end, features: config.projectionSize, bias: false))
    }

    /// Weights a checkpoint holds that this output has no use for.
    var unusedWeights: [String] {
        guard output == .penultimateHiddenState else { return [] }
        return ["encoder.layers.\(config.layers - 1).", "final_layer_norm."].flatMap { ["text_model.\($0)", $0] }
    }
}

/// transformers' `CLIPEncoderLayer`: causal self-attention and a two-layer perceptron, each behind a norm.
struct CLIPEncoderLayer {
    let config: CLIPTextConfig

    /// - Parameter x: [1, N, hidden_size].
    func callAsFunction(_ x: Value, _ module: Module) throws -> Value {
        let builder = module.builder
        let normed = try module.layerNorm("layer_norm1", x, epsilon: config.epsilon)
        let attended = try module("self_attn") { module in
            let mixed = try builder.attention(
                query: module.linear("q_proj", normed, features: config.hiddenSize),
                key: module.linear("k_proj", normed, features: config.hiddenSize),
                value: module.linear("v_proj", normed, features: config.hiddenSize),
                heads: config.heads, causal: true)
            return try module.linear("out_proj", mixed, features: config.hiddenSize)
        }
        let hidden = try builder.add(x, attended)
        let second = try module.layerNorm("layer_norm2", hidden, epsilon: config.epsilon)
        let expanded = try module("mlp") { module in
            let inner = try module.linear("fc1", second, features: config.intermediateSize)
            return try module.linear("fc2", config.activation(inner, builder), features: config.hiddenSize)
        }
        return try builder.add(hidden, expanded)
    }
}

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
