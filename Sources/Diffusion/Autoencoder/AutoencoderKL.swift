import Graph
import Weights

/// diffusers' `AutoencoderKL`, taken at the mode of its posterior.
struct AutoencoderKL: Autoencoder {
    let config: AutoencoderKLConfig

    var latentChannels: Int { config.latentChannels }
    var factor: Int { 1 << (config.channels.count - 1) }
    var scalingFactor: Float { config.scalingFactor }
    var overflowsInFloat16: Bool { config.forceUpcast }
    var latentStatistics: (mean: [Float], standardDeviation: [Float])? {
        guard let mean = config.latentsMean, let deviation = config.latentsStandardDeviation else { return nil }
        return (mean, deviation)
    }

    func encode(_ picture: Value, _ module: Module) throws -> Value {
        var moments = try module("encoder") { try encoder(picture, $0) }
        if config.usesQuantConv {
            moments = try module.conv2d("quant_conv", moments, channels: 2 * latentChannels, kernel: 1)
        }
        // Mean, then log variance: the mode of a normal distribution is its mean.
        return try module.builder.slice(moments, axis: 1, 0..<latentChannels)
    }

    func decode(_ latents: Value, _ module: Module) throws -> Value {
        var hidden = latents
        if config.usesPostQuantConv {
            hidden = try module.conv2d("post_quant_conv", hidden, channels: latentChannels, kernel: 1)
        }
        return try module("decoder") { try decoder(hidden, $0) }
    }

    private func encoder(_ picture: Value, _ module: Module) throws -> Value {
        var hidden = try module.conv2d("conv_in", picture, channels: config.channels[0])
        for (level, channels) in config.channels.enumerated() {
            hidden = try module("down_blocks.\(level)") { module in
                var hidden = hidden
                for index in 0..<config.layersPerBlock {
                    hidden = try module("resnets.\(index)") { try resnet(channels)(hidden, time: nil, $0) }
                }
                guard level < config.channels.count - 1 else { return hidden }
                return try module("downsamplers.0") { try Downsample2D(padding: 0)(hidden, $0) }
            }
        }
        hidden = try module("mid_block") { try midBlock(hidden, $0) }
        return try head(hidden, channels: 2 * latentChannels, module)
    }

    private func decoder(_ latents: Value, _ module: Module) throws -> Value {
        var hidden = try module.conv2d("conv_in", latents, channels: config.channels[config.channels.count - 1])
        hidden = try module("mid_block") { try midBlock(hidden, $0) }
        for (level, channels) in config.channels.reversed().enumerated() {
            hidden = try module("up_blocks.\(level)") { module in
                var hidden = hidden
                for index in 0...config.layersPerBlock {
                    hidden = try module("resnets.\(index)") { try resnet(channels)(hidden, time: nil, $0) }
                }
                guard level < config.channels.count - 1 else { return hidden }
                let shape = module.shape(of: hidden)
                return try module("upsamplers.0") {
                    try Upsample2D(height: 2 * shape[2], width: 2 * shape[3])(hidden, $0)
                }
            }
        }
        return try head(hidden, channels: 3, module)
    }

    private func midBlock(_ x: Value, _ module: Module) throws -> Value {
        let resnet = resnet(config.channels[config.channels.count - 1])
        var hidden = try module("resnets.0") { try resnet(x, time: nil, $0) }
        if config.midBlockAddsAttention {
            let attention = AutoencoderAttention(groups: config.groups, epsilon: Self.epsilon)
            hidden = try module("attentions.0") { try attention(hidden, $0) }
        }
        return try module("resnets.1") { try resnet(hidden, time: nil, $0) }
    }

    private func head(_ x: Value, channels: Int, _ module: Module) throws -> Value {
        let normed = try module.groupNorm("conv_norm_out", x, groups: config.groups, epsilon: Self.epsilon)
        return try module.conv2d("conv_out", module.builder.silu(normed), channels: channels)
    }

    private func resnet(_ channels: Int) -> ResnetBlock2D {
        ResnetBlock2D(
            outChannels: channels, groups: config.groups, epsilon: Self.epsilon, activation: config.activation)
    }

    /// Of every norm; diffusers has no key for it.
    private static let epsilon: Float = 1e-6
}

/// The one-headed self-attention in an `AutoencoderKL`'s middle, with its norm and its residual connection.
struct AutoencoderAttention {
    let groups: Int
    let epsilon: Float

    /// - Parameter x: [1, C, H, W].
    func callAsFunction(_ x: Value, _ module: Module) throws -> Value {
        let shape = module.shape(of: x)
        // Folders from before diffusers 0.18 name the projections as they were named then.
        let isOld = module.weights.contains("query.weight")
        let names = isOld ? ["query", "key", "value", "proj_attn"] : ["to_q", "to_k", "to_v", "to_out.0"]
        let normed = try module.groupNorm("group_norm", x, groups: groups, epsilon: epsilon)
        let tokens = try module.tokens(normed)
        let mixed = try module.builder.attention(
            query: module.linear(names[0], tokens, features: shape[1]),
            key: module.linear(names[1], tokens, features: shape[1]),
            value: module.linear(names[2], tokens, features: shape[1]), heads: 1)
        let projected = try module.linear(names[3], mixed, features: shape[1])
        return try module.builder.add(module.featureMap(projected, height: shape[2], width: shape[3]), x)
    }
}

/// diffusers' `AutoencoderKL` config.json, reduced to what changes the computation.
struct AutoencoderKLConfig: Sendable {
    let channels: [Int]
    let layersPerBlock: Int
    let latentChannels: Int
    let groups: Int
    let activation: Activation
    let scalingFactor: Float
    /// Of each latent channel; used by pipelines of SDXL's kind.
    let latentsMean, latentsStandardDeviation: [Float]?
    let usesQuantConv, usesPostQuantConv: Bool
    let midBlockAddsAttention: Bool
    /// Overflows in fp16, so that engines must not lower it below bf16.
    let forceUpcast: Bool

    init(_ config: PartConfig) throws {
        channels = try config.sizes("block_out_channels", default: [64])
        for (key, kind) in [("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D")] {
            _ = try config.blockTypes(key, count: channels.count, default: [kind], known: [kind])
        }
        try config.require("in_channels", is: 3)
        try config.require("out_channels", is: 3)
        layersPerBlock = try config.size("layers_per_block", default: 1)
        latentChannels = try config.size("latent_channels", default: 4)
        groups = try config.size("norm_num_groups", default: 32)
        activation = try config.activation("act_fn", default: .silu)
        scalingFactor = try config.value("scaling_factor", default: 0.18215)
        try config.require("shift_factor", is: 0.0)
        usesQuantConv = try config.flag("use_quant_conv", default: true)
        usesPostQuantConv = try config.flag("use_post_quant_conv", default: true)
        midBlockAddsAttention = try config.flag("mid_block_add_attention", default: true)
        forceUpcast = try config.flag("force_upcast", default: true)
        let mean = try config.optional("latents_mean", as: [Float].self)
        let deviation = try config.optional("latents_std", as: [Float].self)
        guard mean.map(\.count) == deviation.map(\.count), (mean?.count ?? latentChannels) == latentChannels
        else {
            throw config.error("latents_mean", "must come with latents_std, one number for each latent channel")
        }
        (latentsMean, latentsStandardDeviation) = (mean, deviation)
    }
}
