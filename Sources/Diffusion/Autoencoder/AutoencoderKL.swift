import Graph

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
