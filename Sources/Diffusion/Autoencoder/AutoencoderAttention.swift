import Graph
import Weights

/// The one-headed self-attention in an `AutoencoderKL`'s middle, with its norm and its residual connection.
struct AutoencoderAttention {
    let groups: Int
    let epsilon: Float

    /// - Parameter x: [1, C, H, W].
    func callAsFunction(_ x: Value, _ module: Module) throws -> Value {
        let shape = module.shape(of: x)
        // Folders from before diffusers 0.18 name the projections as they were named then.
        let isOld = module.weights.contains("query.weight")
        let names = isOld ? ["query", "key", "value", "proj_attn"] : ["to_q", "to_k", "to_v", "to_out.0"]
        let normed = try module.groupNorm("group_norm", x, groups: groups, epsilon: epsilon)
        let tokens = try module.tokens(normed)
        let mixed = try module.builder.attention(
            query: module.linear(names[0], tokens, features: shape[1]),
            key: module.linear(names[1], tokens, features: shape[1]),
            value: module.linear(names[2], tokens, features: shape[1]), heads: 1)
        let projected = try module.linear(names[3], mixed, features: shape[1])
        return try module.builder.add(module.featureMap(projected, height: shape[2], width: shape[3]), x)
    }
}
