import Graph
import Weights

/// diffusers' `ControlNetModel`: a copy of the UNet's first half that looks at a picture besides the latents, and says what
/// to add to each of the UNet's skip connections and to its middle.
struct ControlNetModel {
    let config: ControlNetConfig

    /// What is added to the UNet's own values.
    struct Residuals {
        /// One for each skip connection.
        let down: [Value]
        let mid: Value
    }

    /// `controlnet_cond_embedding`: depends on the picture alone, so it is computed once a frame.
    /// - Parameter picture: [1, 3, H, W] in 0 … 1.
    /// - Returns: [1, C, h, w], of the latents' size.
    func embedding(of picture: Value, _ module: Module) throws -> Value {
        let builder = module.builder
        let channels = config.embeddingChannels
        return try module("controlnet_cond_embedding") { module in
            var hidden = picture
            if config.isBlueFirst {
                hidden = try builder.concat(
                    [2, 1, 0].map { try builder.slice(picture, axis: 1, $0..<$0 + 1) }, axis: 1)
            }
            hidden = builder.silu(try module.conv2d("conv_in", hidden, channels: channels[0]))
            for index in channels.indices.dropLast() {
                hidden = try module.conv2d("blocks.\(2 * index)", hidden, channels: channels[index])
                hidden = builder.silu(hidden)
                hidden = try module.conv2d("blocks.\(2 * index + 1)", hidden, channels: channels[index + 1], stride: 2)
                hidden = builder.silu(hidden)
            }
            return try module.conv2d("conv_out", hidden, channels: config.unet.levels[0].channels)
        }
    }

    /// - Parameters:
    ///   - sample: scaled latents, [1, in_channels, h, w].
    ///   - embedding: the picture's, [1, C, h, w].
    ///   - conditions: the UNet's.
    ///   - scale: how much the residuals count, [1].
    ///   - cut: called between layers, where the graph may be cut into segments.
    func callAsFunction(
        _ sample: Value, embedding: Value, _ conditions: UNet2DConditionModel.Conditions, scale: Value,
        cut: @escaping () -> Void = {}, _ module: Module
    ) throws -> Residuals {
        let builder = module.builder
        let half = UNet2DConditionModel(config: config.unet)
        let context = try half.context(conditions, cut: cut, module)
        var hidden = try module.conv2d("conv_in", sample, channels: config.unet.levels[0].channels)
        hidden = try builder.add(hidden, embedding)
        var skips = [hidden]
        var noFeatures: ArraySlice<Value> = []
        hidden = try half.down(hidden, &skips, &noFeatures, context, module)
        hidden = try half.middle(hidden, context, module)
        func scaled(_ name: String, _ x: Value) throws -> Value {
            try builder.multiply(module.conv2d(name, x, channels: module.shape(of: x)[1], kernel: 1), scale)
        }
        return Residuals(
            down: try skips.enumerated().map { try scaled("controlnet_down_blocks.\($0)", $1) },
            mid: try scaled("controlnet_mid_block", hidden))
    }
}

/// diffusers' `ControlNetModel` config.json, reduced to what changes the computation.
struct ControlNetConfig {
    /// The half of a UNet that it is a copy of.
    let unet: UNet2DConditionConfig
    /// Channels of the picture's embedding, which each but the first halves in size.
    let embeddingChannels: [Int]
    /// The picture's channels are taken as blue, green, red.
    let isBlueFirst: Bool

    init(_ config: PartConfig) throws {
        let channels = try config.size("conditioning_channels", default: 3)
        guard channels == 3 else {
            throw config.error(
                "conditioning_channels",
                "is \(channels); only controls that look at pictures of 3 channels are supported")
        }
        // Its own forward pass leaves it out, so that nobody knows what such a file means.
        try config.requireNull("encoder_hid_dim")
        try config.require("global_pool_conditions", is: false)
        unet = try UNet2DConditionConfig(config, hasUpPath: false)
        embeddingChannels = try config.sizes("conditioning_embedding_out_channels", default: [16, 32, 96, 256])
        switch try config.value("controlnet_conditioning_channel_order", default: "rgb") {
        case "rgb": isBlueFirst = false
        case "bgr": isBlueFirst = true
        case let other:
            throw config.error("controlnet_conditioning_channel_order", "is \(other); rgb and bgr are known")
        }
    }

    /// A file without a configuration: the half is the UNet's own, and the embedding's channels are those of its weights.
    /// - Throws: where the picture has other than 3 channels.
    init(of weights: WeightStore, like unet: UNet2DConditionConfig) throws {
        self.unet = unet.ofControlNet
        isBlueFirst = false
        let prefix = "controlnet_cond_embedding."
        guard let first = weights[prefix + "conv_in.weight"], first.shape.rank == 4 else {
            throw WeightsError(
                .missingTensor, "this is not a ControlNet: nothing in it takes a picture", file: weights.description,
                tensor: prefix + "conv_in.weight")
        }
        guard first.shape[1] == 3 else {
            throw WeightsError(
                .unsupported,
                "it looks at pictures of \(first.shape[1]) channels; only controls that look at 3 channels are supported",
                at: first.location)
        }
        var channels = [first.shape[0]]
        while let next = weights["\(prefix)blocks.\(2 * channels.count - 1).weight"], next.shape.rank == 4 {
            channels.append(next.shape[0])
        }
        embeddingChannels = channels
    }

    /// How many times smaller than the picture its embedding is.
    var factor: Int { 1 << (embeddingChannels.count - 1) }
}
