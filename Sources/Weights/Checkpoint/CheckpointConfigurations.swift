import Graph

/// What an autoencoder's weights do not tell of it.
struct AutoencoderTraits {
    var scalingFactor: Double
    /// Its feature maps leave float16's range.
    var overflowsInFloat16: Bool
    /// Mean and standard deviation of each latent channel.
    var statistics: (mean: [Double], deviation: [Double])?

    static let oneAndTwo = AutoencoderTraits(scalingFactor: 0.18215, overflowsInFloat16: false)
    static let extraLarge = AutoencoderTraits(scalingFactor: 0.13025, overflowsInFloat16: true)
}

/// The configurations of a model's parts, worked out from the shapes of their tensors.
struct CheckpointConfigurations {
    private let shapes: [String: [String: Shape]]
    private let file: String

    /// - Parameter parts: tensors under diffusers' names, by part.
    init(_ parts: [String: [WeightTensor]], file: String) {
        shapes = parts.mapValues { tensors in
            Dictionary(tensors.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
        }
        self.file = file
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

    /// - Parameter sampleSize: latents that the model is made for, along one side.
    func unet(sampleSize: Int = 64) throws -> String {
        let levels = count("unet", "down_blocks")
        let channels = try (0..<levels).map { try extent("unet", "down_blocks.\($0).resnets.0.conv1.weight", 0) }
        let layers = count("unet", "down_blocks.0.resnets")
        let names = shapes["unet"]?.keys.sorted() ?? []
        guard let key = names.first(where: { $0.hasSuffix(".attn2.to_k.weight") }) else {
            throw WeightsError(.unsupported, "this UNet does not look at the prompt anywhere", file: file)
        }
        let projection = names.first { $0.hasSuffix(".proj_in.weight") }
        let isLinear = projection.flatMap { shapes["unet"]?[$0] }?.rank == 2
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
            "cross_attention_dim": \(try extent("unet", key, 1)),
            "down_block_types": \(blockTypes("down", levels, "DownBlock2D")),
            "downsample_padding": 1,
            "flip_sin_to_cos": true,
            "freq_shift": 0,
            "in_channels": \(try extent("unet", "conv_in.weight", 1)),
            "layers_per_block": \(layers),
            "mid_block_type": \(middleBlock),
            "norm_eps": 1e-05,
            "norm_num_groups": 32,
            "out_channels": \(try extent("unet", "conv_out.weight", 0)),
            "sample_size": \(sampleSize),
            \(transformerLayers(levels, layers)),
            "up_block_types": \(blockTypes("up", levels, "UpBlock2D")),
            "use_linear_projection": \(isLinear)}
            """
    }

    private func blockTypes(_ way: String, _ levels: Int, _ plain: String) -> String {
        list(
            (0..<levels).map {
                has("unet", "\(way)_blocks.\($0).attentions.0.norm.weight") ? "CrossAttn" + plain : plain
            })
    }

    /// SDXS and the small models distilled from SD 1 have none, others a residual block alone.
    private var middleBlock: String {
        guard has("unet", "mid_block.resnets.0.conv1.weight") else { return "null" }
        return has("unet", "mid_block.attentions.0.norm.weight") ? "\"UNetMidBlock2DCrossAttn\"" : "\"UNetMidBlock2D\""
    }

    /// One number of layers for each level, or, where a level's transformers differ, lists of them for both ways.
    private func transformerLayers(_ levels: Int, _ layers: Int) -> String {
        /// Nil where the block has no transformers.
        func depths(_ block: String, _ resnets: Int) -> [Int]? {
            guard has("unet", "\(block).attentions.0.norm.weight") else { return nil }
            return (0..<resnets).map { count("unet", "\(block).attentions.\($0).transformer_blocks") }
        }
        let down = (0..<levels).map { depths("down_blocks.\($0)", layers) }
        let up = (0..<levels).map { depths("up_blocks.\($0)", layers + 1) }
        let middle = has("unet", "mid_block.attentions.0.norm.weight") ? depths("mid_block", 1) : nil
        // The middle goes by the last level.
        let all = (0..<levels).map { level in
            (down[level] ?? []) + (up[levels - 1 - level] ?? []) + (level == levels - 1 ? middle ?? [] : [])
        }
        let key = "\"transformer_layers_per_block\""
        if all.allSatisfy({ Set($0).count <= 1 }) { return "\(key): \(list(all.map { $0.first ?? 1 }))" }
        let downLists = (0..<levels).map { list(down[$0] ?? Array(repeating: middle?[0] ?? 1, count: layers)) }
        let upLists = up.map { list($0 ?? Array(repeating: 1, count: layers + 1)) }
        return """
            \(key): [\(downLists.joined(separator: ", "))],
            "reverse_transformer_layers_per_block": [\(upLists.joined(separator: ", "))]
            """
    }

    func autoencoder(_ traits: AutoencoderTraits) throws -> String {
        let levels = count("vae", "encoder.down_blocks")
        let channels = try (0..<levels).map {
            try extent("vae", "encoder.down_blocks.\($0).resnets.0.conv1.weight", 0)
        }
        let statistics =
            traits.statistics.map { "\"latents_mean\": \($0.mean),\n\"latents_std\": \($0.deviation),\n" } ?? ""
        return """
            {"_class_name": "AutoencoderKL",
            "act_fn": "silu",
            "block_out_channels": \(list(channels)),
            "down_block_types": \(list(channels.map { _ in "DownEncoderBlock2D" })),
            "force_upcast": \(traits.overflowsInFloat16),
            "in_channels": \(try extent("vae", "encoder.conv_in.weight", 1)),
            "latent_channels": \(try extent("vae", "decoder.conv_in.weight", 1)),
            "layers_per_block": \(count("vae", "encoder.down_blocks.0.resnets")),
            \(statistics)"norm_num_groups": 32,
            "out_channels": \(try extent("vae", "decoder.conv_out.weight", 0)),
            "sample_size": 512,
            "scaling_factor": \(traits.scalingFactor),
            "up_block_types": \(list(channels.map { _ in "UpDecoderBlock2D" })),
            "use_post_quant_conv": \(has("vae", "post_quant_conv.weight")),
            "use_quant_conv": \(has("vae", "quant_conv.weight"))}
            """
    }

    func textEncoder(_ part: String, isOpenCLIP: Bool) throws -> String {
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

    func scheduler(_ family: CheckpointFamily, _ markers: CheckpointMarkers) -> String {
        """
        {"_class_name": "\(family.scheduler)",
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "beta_start": 0.00085,
        "num_train_timesteps": 1000,
        "prediction_type": "\(markers.predictsVelocity ? "v_prediction" : "epsilon")",
        "rescale_betas_zero_snr": \(markers.endsAtZeroSNR),
        "steps_offset": 1,
        "timestep_spacing": "trailing"}
        """
    }

    func modelIndex(_ family: CheckpointFamily) -> String {
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
