import Graph

/// diffusers' `Attention` as the transformer blocks use it.
struct Attention {
    let heads: Int

    /// - Parameters:
    ///   - x: [1, N, C].
    ///   - context: [1, M, D] to attend to; x itself where nil. Keys and values depend on nothing else.
    /// - Returns: [1, N, C].
    func callAsFunction(_ x: Value, context: Value? = nil, _ module: Module) throws -> Value {
        let channels = module.shape(of: x)[-1]
        let source = context ?? x
        let query = try module.linear("to_q", x, features: channels, bias: false)
        let key = try module.linear("to_k", source, features: channels, bias: false)
        let value = try module.linear("to_v", source, features: channels, bias: false)
        let mixed = try module.builder.attention(query: query, key: key, value: value, heads: heads)
        return try module.linear("to_out.0", mixed, features: channels)
    }
}

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

/// diffusers' `Transformer2DModel` on a feature map: norm, projection to tokens, transformer blocks, and back.
struct Transformer2DModel {
    let heads: Int
    let layers: Int
    let groups: Int
    let useLinearProjection: Bool
    let onlyCrossAttention: Bool

    /// - Parameters:
    ///   - x: [1, C, H, W].
    ///   - context: the prompt, [1, M, D].
    ///   - cut: called between blocks, where the graph may be cut into segments.
    func callAsFunction(_ x: Value, context: Value, cut: () -> Void, _ module: Module) throws -> Value {
        let builder = module.builder
        let shape = module.shape(of: x)
        let (channels, height, width) = (shape[1], shape[2], shape[3])
        var hidden = try module.groupNorm("norm", x, groups: groups, epsilon: 1e-6)
        if useLinearProjection {
            hidden = try module.linear("proj_in", module.tokens(hidden), features: channels)
        } else {
            hidden = try module.tokens(module.conv2d("proj_in", hidden, channels: channels, kernel: 1))
        }
        let block = BasicTransformerBlock(heads: heads, onlyCrossAttention: onlyCrossAttention)
        for index in 0..<layers {
            if index > 0 { cut() }
            hidden = try module("transformer_blocks.\(index)") { try block(hidden, context: context, $0) }
        }
        if useLinearProjection {
            hidden = try module.linear("proj_out", hidden, features: channels)
            hidden = try module.featureMap(hidden, height: height, width: width)
        } else {
            hidden = try module.featureMap(hidden, height: height, width: width)
            hidden = try module.conv2d("proj_out", hidden, channels: channels, kernel: 1)
        }
        return try builder.add(hidden, x)
    }
}
