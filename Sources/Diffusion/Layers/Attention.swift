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
