import Graph

/// The configurations of a checkpoint's parts, worked out from the shapes of their tensors.
struct CheckpointConfigurations {
    private let family: CheckpointFamily
    private let shapes: [String: [String: Shape]]
    private let file: String

    init(_ checkpoint: CheckpointTensors) {
        family = checkpoint.family
        shapes = checkpoint.parts.mapValues { tensors in
            Dictionary(tensors.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
        }
        file = checkpoint.parts["unet"]?.first?.location.file ?? ""
    }

    /// Path to JSON.
    var files: [String: String] {
        get throws {
            var files = [
                "unet/config.json": try unet, "vae/config.json": try autoencoder,
                "text_encoder/config.json": try textEncoder("text_encoder"),
                "scheduler/scheduler_config.json": scheduler, "model_index.json": modelIndex,
            ]
            if family == .extraLarge { files["text_encoder_2/config.json"] = try textEncoder("text_encoder_2") }
            return files
        }
    }

    // MARK: Shapes

    private func extent(_ part: String, _ tensor: String, _ axis: Int) throws -> Int {
        guard let shape = shapes[part]?[tensor], axis < shape.rank else {
            throw WeightsError(
                .missingTensor, "the checkpoint lacks this tensor of its \(part), or it has too few axes", file: file,
                tensor: tensor)
        }
        return shape[axis]
    }

    private func has(_ part: String, _ tensor: String) -> Bool { shapes[part]?[tensor] != nil }

    /// How many of `prefix`.0, `prefix`.1, … there are.
    private func count(_ part: String, _ prefix: String) -> Int {
        let names = shapes[part]?.keys.compactMap { name -> Int? in
            guard name.hasPrefix(prefix + ".") else { return nil }
            return name.dropFirst(prefix.count + 1).prefix { $0 != "." }.blockNumber
        }
        return (names?.max() ?? -1) + 1
    }

    private func list(_ numbers: [Int]) -> String { "[\(numbers.map(String.init).joined(separator: ", "))]" }
    private func list(_ names: [String]) -> String { "[\(names.map { "\"\($0)\"" }.joined(separator: ", "))]" }

    // MARK: Parts

    private var unet: String {
        get throws {
            let levels = count("unet", "down_blocks")
            let channels = try (0..<levels).map { try extent("unet", "down_blocks.\($0).resnets.0.conv1.weight", 0) }
            let layers = count("unet", "down_blocks.0.resnets")
            let depths = (0..<levels).map {
                max(count("unet", "down_blocks.\($0).attentions.0.transformer_blocks"), 1)
            }
            let attends = (0..<levels).map { has("unet", "down_blocks.\($0).attentions.0.norm.weight") }
            let key = "attentions.0.transformer_blocks.0.attn2.to_k.weight"
            let place = (0..<levels).map { "down_blocks.\($0).\(key)" }.first { has("unet", $0) } ?? "mid_block.\(key)"
            let isLinear = shapes["unet"]?["mid_block.attentions.0.proj_in.weight"]?.rank == 2
            // In diffusers' configurations this key holds the number of heads.
            let heads = isLinear ? channels.map { max($0 / 64, 1) } : channels.map { _ in 8 }
            var more = ""
            if has("unet", "add_embedding.linear_1.weight") {
                more += """

                    "addition_embed_type": "text_time",
                    "addition_time_embed_dim": 256,
                    "projection_class_embeddings_input_dim": \(try extent("unet", "add_embedding.linear_1.weight", 1)),
                    """
            }
            if has("unet", "time_embedding.cond_proj.weight") {
                more += "\n\"time_cond_proj_dim\": \(try extent("unet", "time_embedding.cond_proj.weight", 1)),"
            }
            return """
                {"_class_name": "UNet2DConditionModel",\(more)
                "act_fn": "silu",
                "attention_head_dim": \(list(heads)),
                "block_out_channels": \(list(channels)),
                "center_input_sample": false,
                "cross_attention_dim": \(try extent("unet", place, 1)),
                "down_block_types": \(list(attends.map { $0 ? "CrossAttnDownBlock2D" : "DownBlock2D" })),
                "downsample_padding": 1,
                "flip_sin_to_cos": true,
                "freq_shift": 0,
                "in_channels": \(try extent("unet", "conv_in.weight", 1)),
                "layers_per_block": \(layers),
                "mid_block_type": "UNetMidBlock2DCrossAttn",
                "norm_eps": 1e-05,
                "norm_num_groups": 32,
                "out_channels": \(try extent("unet", "conv_out.weight", 0)),
                "sample_size": 64,
                "transformer_layers_per_block": \(list(depths)),
                "up_block_types": \(list(attends.reversed().map { $0 ? "CrossAttnUpBlock2D" : "UpBlock2D" })),
                "use_linear_projection": \(isLinear)}
                """
        }
    }

    private var autoencoder: String {
        get throws {
            let levels = count("vae", "encoder.down_blocks")
            let channels = try (0..<levels).map {
                try extent("vae", "encoder.down_blocks.\($0).resnets.0.conv1.weight", 0)
            }
            return """
                {"_class_name": "AutoencoderKL",
                "act_fn": "silu",
                "block_out_channels": \(list(channels)),
                "down_block_types": \(list(channels.map { _ in "DownEncoderBlock2D" })),
                "force_upcast": \(family == .extraLarge),
                "in_channels": \(try extent("vae", "encoder.conv_in.weight", 1)),
                "latent_channels": \(try extent("vae", "decoder.conv_in.weight", 1)),
                "layers_per_block": \(count("vae", "encoder.down_blocks.0.resnets")),
                "norm_num_groups": 32,
                "out_channels": \(try extent("vae", "decoder.conv_out.weight", 0)),
                "sample_size": 512,
                "scaling_factor": \(family.scalingFactor),
                "up_block_types": \(list(channels.map { _ in "UpDecoderBlock2D" })),
                "use_post_quant_conv": \(has("vae", "post_quant_conv.weight")),
                "use_quant_conv": \(has("vae", "quant_conv.weight"))}
                """
        }
    }

    private func textEncoder(_ part: String) throws -> String {
        let isOpenCLIP = family == .two || part == "text_encoder_2"
        let hidden = try extent(part, "text_model.embeddings.token_embedding.weight", 1)
        let projection =
            has(part, "text_projection.weight") ? try extent(part, "text_projection.weight", 0) : hidden
        return """
            {"architectures": ["\(part == "text_encoder_2" ? "CLIPTextModelWithProjection" : "CLIPTextModel")"],
            "bos_token_id": 0,
            "eos_token_id": 2,
            "hidden_act": "\(isOpenCLIP ? "gelu" : "quick_gelu")",
            "hidden_size": \(hidden),
            "intermediate_size": \(try extent(part, "text_model.encoder.layers.0.mlp.fc1.weight", 0)),
            "layer_norm_eps": 1e-05,
            "max_position_embeddings": \(try extent(part, "text_model.embeddings.position_embedding.weight", 0)),
            "model_type": "clip_text_model",
            "num_attention_heads": \(max(hidden / 64, 1)),
            "num_hidden_layers": \(count(part, "text_model.encoder.layers")),
            "pad_token_id": 1,
            "projection_dim": \(projection),
            "vocab_size": \(try extent(part, "text_model.embeddings.token_embedding.weight", 0))}
            """
    }

    private var scheduler: String {
        """
        {"_class_name": "\(family.scheduler)",
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "beta_start": 0.00085,
        "num_train_timesteps": 1000,
        "prediction_type": "epsilon",
        "steps_offset": 1,
        "timestep_spacing": "trailing"}
        """
    }

    private var modelIndex: String {
        let second =
            family == .extraLarge
            ? """

            "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
            "tokenizer_2": ["transformers", "CLIPTokenizer"],
            """ : ""
        return """
            {"_class_name": "\(family.pipeline)",\(second)
            "scheduler": ["diffusers", "\(family.scheduler)"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"]}
            """
    }
}
