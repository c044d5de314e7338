import Graph
import Weights

/// diffusers' `TextTimeEmbedding` (`addition_embed_type: text`): the prompt pooled by attention into the time embedding.
struct TextTimeEmbedding {
    let features: Int
    let heads: Int

    /// - Parameter prompt: [1, M, D].
    /// - Returns: [1, features].
    func callAsFunction(_ prompt: Value, _ module: Module) throws -> Value {
        let builder = module.builder
        let normed = try module.layerNorm("norm1", prompt)
        let pooled = try module("pool") { try pool(normed, $0) }
        let projected = try module.linear(
            "proj", builder.reshape(pooled, [1, module.shape(of: prompt)[2]]), features: features)
        return try module.layerNorm("norm2", projected)
    }

    /// diffusers' `AttentionPooling`: the mean token attends to itself and all others. Returns [1, 1, D].
    private func pool(_ x: Value, _ module: Module) throws -> Value {
        let builder = module.builder
        let (count, width) = (module.shape(of: x)[1], module.shape(of: x)[2])
        let shares = builder.constant(
            InlineConstant([Float](repeating: 1 / Float(count), count: count)), TensorType([1, count]), name: "mean")
        let mean = try builder.linear(builder.transpose(x, [0, 2, 1]), weight: shares, bias: nil)
        let position = try module.weights.constant("positional_embedding", [1, width], in: builder)
        let token = try builder.add(builder.transpose(mean, [0, 2, 1]), position)
        let all = try builder.concat([token, x], axis: 1)
        return try builder.attention(
            query: module.linear("q_proj", token, features: width), key: module.linear("k_proj", all, features: width),
            value: module.linear("v_proj", all, features: width), heads: heads)
    }
}
