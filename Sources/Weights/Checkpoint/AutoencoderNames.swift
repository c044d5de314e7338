/// From the names of the original KL autoencoder to diffusers'.
struct AutoencoderNames: Sendable {
    /// Levels of the decoder, which the original counts from the other end.
    let levels: Int

    private static let attention = [
        "norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0",
    ]

    /// - Parameter module: without "first_stage_model." and without the closing "weight" or "bias".
    /// - Returns: the name, and whether a 1×1 convolution there is a matrix in diffusers; nil where the original has
    ///   no such module.
    func diffusersName(_ module: String) -> (name: String, isMatrix: Bool)? {
        if module == "quant_conv" || module == "post_quant_conv" { return (module, false) }
        let parts = module.split(separator: ".").map(String.init)
        guard parts.count >= 2, parts[0] == "encoder" || parts[0] == "decoder" else { return nil }
        let side = parts[0]
        switch (parts[1], parts.count) {
        case ("conv_in", 2), ("conv_out", 2): return (module, false)
        case ("norm_out", 2): return ("\(side).conv_norm_out", false)
        case ("mid", 4) where parts[2] == "block_1": return ("\(side).mid_block.resnets.0.\(residual(parts[3]))", false)
        case ("mid", 4) where parts[2] == "block_2": return ("\(side).mid_block.resnets.1.\(residual(parts[3]))", false)
        case ("mid", 4) where parts[2] == "attn_1":
            return Self.attention[parts[3]].map { ("\(side).mid_block.attentions.0.\($0)", $0 != "group_norm") }
        case ("down", 5), ("up", 5):
            guard let level = parts[2].blockNumber else { return nil }
            let place = parts[1] == "down" ? "down_blocks.\(level)" : "up_blocks.\(levels - 1 - level)"
            switch parts[3] {
            case "downsample": return ("\(side).\(place).downsamplers.0.\(parts[4])", false)
            case "upsample": return ("\(side).\(place).upsamplers.0.\(parts[4])", false)
            default: return nil
            }
        case ("down", 6), ("up", 6):
            guard let level = parts[2].blockNumber, parts[3] == "block" else { return nil }
            let place = parts[1] == "down" ? "down_blocks.\(level)" : "up_blocks.\(levels - 1 - level)"
            return ("\(side).\(place).resnets.\(parts[4]).\(residual(parts[5]))", false)
        default: return nil
        }
    }

    private func residual(_ name: String) -> String { name == "nin_shortcut" ? "conv_shortcut" : name }
}
