/// From the names of Stability's and CompVis' original UNet to diffusers'.
///
/// The original numbers all blocks of the way down, and of the way up, in one row; diffusers groups them by level.
struct UNetNames: Sendable {
    /// Residual blocks of a level on the way down; one more on the way up.
    let layersPerBlock: Int

    private static let fixed = [
        "time_embed.0": "time_embedding.linear_1", "time_embed.2": "time_embedding.linear_2",
        "time_embed.cond_proj": "time_embedding.cond_proj", "label_emb.0.0": "add_embedding.linear_1",
        "label_emb.0.2": "add_embedding.linear_2", "input_blocks.0.0": "conv_in", "out.0": "conv_norm_out",
        "out.2": "conv_out",
    ]
    private static let residual = [
        "in_layers.0": "norm1", "in_layers.2": "conv1", "out_layers.0": "norm2", "out_layers.3": "conv2",
        "emb_layers.1": "time_emb_proj", "skip_connection": "conv_shortcut",
    ]

    /// - Parameter module: without "model.diffusion_model." and without the closing "weight" or "bias".
    /// - Returns: nil where the original has no such module.
    func diffusersName(_ module: String) -> String? {
        if let name = Self.fixed[module] { return name }
        let parts = module.split(separator: ".").map(String.init)
        guard parts.count > 2, let block = parts[1].blockNumber else { return nil }
        if parts[0] == "middle_block" {
            let rest = parts.dropFirst(2).joined(separator: ".")
            switch block {
            case 0, 2: return Self.residual[rest].map { "mid_block.resnets.\(block / 2).\($0)" }
            case 1: return "mid_block.attentions.0.\(rest)"
            default: return nil
            }
        }
        guard parts.count > 3, let inner = parts[2].blockNumber else { return nil }
        let rest = parts.dropFirst(3).joined(separator: ".")
        switch parts[0] {
        case "input_blocks":
            guard block > 0 else { return nil }
            let level = "down_blocks.\((block - 1) / (layersPerBlock + 1))"
            let layer = (block - 1) % (layersPerBlock + 1)
            if inner == 0, rest == "op" { return "\(level).downsamplers.0.conv" }
            return name(level, layer, inner, rest)
        case "output_blocks":
            let level = "up_blocks.\(block / (layersPerBlock + 1))"
            if inner > 0, rest == "conv" { return "\(level).upsamplers.0.conv" }
            return name(level, block % (layersPerBlock + 1), inner, rest)
        default:
            return nil
        }
    }

    private func name(_ level: String, _ layer: Int, _ inner: Int, _ rest: String) -> String? {
        switch inner {
        case 0: Self.residual[rest].map { "\(level).resnets.\(layer).\($0)" }
        case 1: "\(level).attentions.\(layer).\(rest)"
        default: nil
        }
    }
}
