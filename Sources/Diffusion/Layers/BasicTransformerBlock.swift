import Graph

/// diffusers' `BasicTransformerBlock` with plain layer norms: self-attention, cross-attention, GEGLU feed-forward.
struct BasicTransformerBlock {
    let heads: Int
    /// The first attention looks at the prompt as well, in place of the picture.
    let onlyCrossAttention: Bool

    /// - Parameters:
    ///   - x: [1, N, C].
    ///   - context: the prompt, [1, M, D].
    func callAsFunction(_ x: Value, context: Value, _ module: Module) throws -> Value {
        let builder = module.builder
        let attention = Attention(heads: heads)
        var hidden = x
        let first = try module.layerNorm("norm1", hidden)
        hidden = try builder.add(
            module("attn1") { try attention(first, context: onlyCrossAttention ? context : nil, $0) }, hidden)
        let second = try module.layerNorm("norm2", hidden)
        hidden = try builder.add(module("attn2") { try attention(second, context: context, $0) }, hidden)
        let third = try module.layerNorm("norm3", hidden)
        return try builder.add(module("ff") { try feedForward(third, $0) }, hidden)
    }

    private func feedForward(_ x: Value, _ module: Module) throws -> Value {
        let channels = module.shape(of: x)[-1]
        let inner = try module.linear("net.0.proj", x, features: 8 * channels)
        // diffusers' GEGLU multiplies the first half by the gelu of the second.
        return try module.linear("net.2", module.builder.geglu(inner), features: channels)
    }
}
