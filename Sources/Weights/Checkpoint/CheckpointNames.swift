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

/// From the names of OpenCLIP's text encoder to transformers' `CLIPTextModel`.
enum TextEncoderNames {
    enum Place: Equatable {
        case tensor(String)
        /// OpenCLIP's projection, which is the transpose of transformers'.
        case transposed(String)
        /// Query, key and value in one tensor, one after the other; the closing "weight" or "bias" follows each.
        case joined([String], String)
        /// Not a weight of the text encoder.
        case nothing
    }

    private static let modules = [
        "ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2",
        "attn.out_proj": "self_attn.out_proj",
    ]

    /// - Parameter name: without "cond_stage_model.model." or "conditioner.embedders.1.model.".
    /// - Returns: nil where OpenCLIP has no such tensor.
    static func place(_ name: String) -> Place? {
        switch name {
        case "positional_embedding": return .tensor("text_model.embeddings.position_embedding.weight")
        case "token_embedding.weight": return .tensor("text_model.embeddings.token_embedding.weight")
        case "ln_final.weight", "ln_final.bias":
            return .tensor("text_model.final_layer_norm.\(name.dropFirst("ln_final.".count))")
        case "text_projection": return .transposed("text_projection.weight")
        case "logit_scale", "attn_mask": return .nothing
        default: break
        }
        let parts = name.split(separator: ".").map(String.init)
        guard parts.count > 3, parts[0] == "transformer", parts[1] == "resblocks", let layer = parts[2].blockNumber
        else {
            return nil
        }
        let path = "text_model.encoder.layers.\(layer)"
        let rest = parts.dropFirst(3).joined(separator: ".")
        if rest == "attn.in_proj_weight" || rest == "attn.in_proj_bias" {
            return .joined(
                ["q", "k", "v"].map { "\(path).self_attn.\($0)_proj" }, rest.hasSuffix("weight") ? "weight" : "bias")
        }
        guard let dot = rest.lastIndex(of: "."), let module = modules[String(rest[..<dot])] else { return nil }
        return .tensor("\(path).\(module)\(rest[dot...])")
    }

    /// The layer that a tensor belongs to, or nil.
    static func layer(_ name: String) -> Int? {
        let parts = name.split(separator: ".")
        return parts.count > 2 && parts[0] == "transformer" && parts[1] == "resblocks" ? parts[2].blockNumber : nil
    }
}

extension StringProtocol {
    /// The number of a block in a tensor's name. Bounded, so that a made-up name cannot overflow what is computed from it.
    var blockNumber: Int? { Int(self).flatMap { (0..<1000).contains($0) ? $0 : nil } }
}
