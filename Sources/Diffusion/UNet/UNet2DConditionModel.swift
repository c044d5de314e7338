import Graph

/// diffusers' `UNet2DConditionModel`.
struct UNet2DConditionModel {
    let config: UNet2DConditionConfig

    /// What the model takes beside the latents. None of it depends on the frame.
    struct Conditions {
        /// float32 [1].
        let timestep: Value
        /// float32 [1, M, D].
        let prompt: Value
        /// [1, time_cond_proj_dim], for consistency models.
        var timestepCondition: Value?
        /// The second text encoder's pooled output [1, P], for SDXL.
        var pooledPrompt: Value?
        /// SDXL's height, width, crop and target size, float32 [6].
        var timeIds: Value?
    }

    /// What all blocks are handed.
    struct Context {
        let config: UNet2DConditionConfig
        /// The activated time embedding, [1, T].
        let time: Value
        let prompt: Value
        /// Called wherever the graph may be cut into segments.
        let cut: () -> Void

        func resnet(channels: Int, outputScaleFactor: Float = 1) -> ResnetBlock2D {
            ResnetBlock2D(
                outChannels: channels, groups: config.groups, epsilon: config.epsilon, activation: config.activation,
                timeScaleShift: config.timeScaleShift, outputScaleFactor: outputScaleFactor)
        }

        func transformer(level: UNet2DConditionConfig.Level, layers: Int, onlyCross: Bool) -> Transformer2DModel {
            Transformer2DModel(
                heads: level.heads, layers: layers, groups: config.groups,
                useLinearProjection: config.useLinearProjection, onlyCrossAttention: onlyCross)
        }
    }

    /// - Parameters:
    ///   - sample: scaled latents, [1, in_channels, h, w]; any h and w, odd ones too.
    ///   - cut: called between layers, where the graph may be cut into segments.
    /// - Returns: the prediction, [1, out_channels, h, w].
    func callAsFunction(
        _ sample: Value, _ conditions: Conditions, cut: @escaping () -> Void = {}, _ module: Module
    ) throws -> Value {
        let builder = module.builder
        let time = try timeEmbedding(conditions, module)
        var prompt = conditions.prompt
        if config.encoderHiddenFeatures != nil {
            prompt = try module.linear("encoder_hid_proj", prompt, features: config.levels[0].crossAttentionChannels)
        }
        // Every resnet activates the time embedding first: once is enough.
        let context = Context(config: config, time: config.activation(time, builder), prompt: prompt, cut: cut)

        var hidden = sample
        if config.centerInputSample {
            hidden = try builder.subtract(builder.multiply(hidden, builder.scalar(2)), builder.scalar(1))
        }
        hidden = try module.conv2d(
            "conv_in", hidden, channels: config.levels[0].channels, kernel: config.convInKernel)
        var skips = [hidden]
        for index in config.levels.indices {
            cut()
            let block = DownBlock2D(
                level: config.levels[index], transformerLayers: config.downTransformerLayers[index],
                downsamples: index < config.levels.count - 1)
            hidden = try module("down_blocks.\(index)") { try block(hidden, &skips, context, $0) }
        }
        cut()
        hidden = try module("mid_block") { try UNetMidBlock2D(config: config)(hidden, context, $0) }
        for index in config.levels.indices {
            cut()
            let block = UpBlock2D(
                level: config.levels[config.levels.count - 1 - index],
                transformerLayers: config.upTransformerLayers[index],
                upsamples: index < config.levels.count - 1)
            hidden = try module("up_blocks.\(index)") { try block(hidden, &skips, context, $0) }
        }
        hidden = try module.groupNorm("conv_norm_out", hidden, groups: config.groups, epsilon: config.epsilon)
        hidden = config.activation(hidden, builder)
        return try module.conv2d("conv_out", hidden, channels: config.outChannels, kernel: config.convOutKernel)
    }

    /// [1, time_embed_dim].
    private func timeEmbedding(_ conditions: Conditions, _ module: Module) throws -> Value {
        let builder = module.builder
        let sinusoids = try config.timesteps(conditions.timestep, builder)
        let embedding = TimestepEmbedding(
            features: config.timeEmbeddingFeatures, activation: config.activation,
            postActivation: config.timestepPostActivation)
        var time = try module("time_embedding") {
            try embedding(sinusoids, condition: conditions.timestepCondition, $0)
        }
        if let addition = try additionEmbedding(conditions, module) { time = try builder.add(time, addition) }
        return config.timeEmbeddingActivation?(time, builder) ?? time
    }

    private func additionEmbedding(_ conditions: Conditions, _ module: Module) throws -> Value? {
        let builder = module.builder
        switch config.additionEmbedding {
        case nil: return nil
        case .text(let heads):
            let embedding = TextTimeEmbedding(features: config.timeEmbeddingFeatures, heads: heads)
            return try module("add_embedding") { try embedding(conditions.prompt, $0) }
        case .textTime(let channels, let features):
            guard let pooled = conditions.pooledPrompt, let ids = conditions.timeIds else { return nil }
            let sinusoids = try Timesteps(
                channels: channels, flipSinToCos: config.timesteps.flipSinToCos,
                downscaleFrequencyShift: config.timesteps.downscaleFrequencyShift)(ids, builder)
            let count = module.shape(of: sinusoids).elementCount
            let input = try builder.concat([pooled, builder.reshape(sinusoids, [1, count])], axis: 1)
            guard module.shape(of: input)[1] == features else {
                throw DiffusionError(
                    .unsupportedConfig,
                    "\(features) features do not fit a pooled prompt of \(module.shape(of: pooled)[1]) and "
                        + "\(module.shape(of: ids)[0]) sizes of \(channels) channels; is this a refiner? "
                        + "Refiners are not supported.",
                    at: "unet/config.json: projection_class_embeddings_input_dim")
            }
            let embedding = TimestepEmbedding(features: config.timeEmbeddingFeatures)
            return try module("add_embedding") { try embedding(input, $0) }
        }
    }
}
