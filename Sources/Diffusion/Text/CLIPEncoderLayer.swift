import Graph

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
