import Graph

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
