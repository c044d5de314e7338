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
