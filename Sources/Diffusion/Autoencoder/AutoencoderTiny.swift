import Graph
import Weights

/// diffusers' `AutoencoderTiny` (TAESD): plain convolutions, no norms.
///
/// Both halves are one `layers` list in the file, so a weight's name is its position in that list.
struct AutoencoderTiny: Autoencoder {
    let config: AutoencoderTinyConfig

    var latentChannels: Int { config.latentChannels }
    var factor: Int { config.encoderFactor }
    var scalingFactor: Float { config.scalingFactor }
    var overflowsInFloat16: Bool { false }
    var latentStatistics: (mean: [Float], standardDeviation: [Float])? { nil }

    func encode(_ picture: Value, _ module: Module) throws -> Value {
        let builder = module.builder
        return try module("encoder") { module in
            // TAESD's pictures are 0 … 1.
            var hidden = try builder.divide(builder.add(picture, builder.scalar(1)), builder.scalar(2))
            var position = 0
            for (level, blocks) in config.encoderBlocks.enumerated() {
                hidden = try module.conv2d(
                    "layers.\(position)", hidden, channels: config.encoderChannels[level], stride: level == 0 ? 1 : 2,
                    bias: level == 0)
                position += 1
                hidden = try residualBlocks(blocks, hidden, &position, module)
            }
            return try module.conv2d("layers.\(position)", hidden, channels: latentChannels)
        }
    }

    func decode(_ latents: Value, _ module: Module) throws -> Value {
        let builder = module.builder
        return try module("decoder") { module in
            // Clamps softly to −3 … 3.
            let limit = builder.scalar(3)
            var hidden = try builder.multiply(builder.unary(.tanh, builder.divide(latents, limit)), limit)
            hidden = config.activation(
                try module.conv2d("layers.0", hidden, channels: config.decoderChannels[0]), builder)
            var position = 2
            for (level, blocks) in config.decoderBlocks.enumerated() {
                hidden = try residualBlocks(blocks, hidden, &position, module)
                let isLast = level == config.decoderBlocks.count - 1
                if !isLast {
                    let shape = module.shape(of: hidden)
                    hidden = try builder.upsampleNearest(
                        hidden, height: shape[2] * config.upsamplingFactor, width: shape[3] * config.upsamplingFactor)
                    position += 1
                }
                hidden = try module.conv2d(
                    "layers.\(position)", hidden, channels: isLast ? 3 : config.decoderChannels[level], bias: isLast)
                position += 1
            }
            return try builder.subtract(builder.multiply(hidden, builder.scalar(2)), builder.scalar(1))
        }
    }

    /// `AutoencoderTinyBlock`s from `layers.position` on.
    private func residualBlocks(_ count: Int, _ x: Value, _ position: inout Int, _ module: Module) throws -> Value {
        let builder = module.builder
        var hidden = x
        for _ in 0..<count {
            hidden = try module("layers.\(position)") { module in
                let channels = module.shape(of: hidden)[1]
                var inner = try module.conv2d("conv.0", hidden, channels: channels)
                inner = try module.conv2d("conv.2", config.activation(inner, builder), channels: channels)
                inner = try module.conv2d("conv.4", config.activation(inner, builder), channels: channels)
                // relu whatever act_fn says: diffusers fixes this one.
                return try builder.unary(.relu, builder.add(inner, hidden))
            }
            position += 1
        }
        return hidden
    }
}

/// diffusers' `AutoencoderTiny` config.json, reduced to what changes the computation.
struct AutoencoderTinyConfig: Sendable {
    let encoderChannels, decoderChannels: [Int]
    /// Residual blocks of each level.
    let encoderBlocks, decoderBlocks: [Int]
    let activation: Activation
    let latentChannels: Int
    let upsamplingFactor: Int
    let scalingFactor: Float

    init(_ config: PartConfig) throws {
        encoderChannels = try config.sizes("encoder_block_out_channels", default: [64, 64, 64, 64])
        decoderChannels = try config.sizes("decoder_block_out_channels", default: [64, 64, 64, 64])
        encoderBlocks = try config.sizes("num_encoder_blocks", default: [1, 3, 3, 3], atLeast: 0)
        decoderBlocks = try config.sizes("num_decoder_blocks", default: [3, 3, 3, 1], atLeast: 0)
        for (key, channels, blocks) in [
            ("num_encoder_blocks", encoderChannels, encoderBlocks),
            ("num_decoder_blocks", decoderChannels, decoderBlocks),
        ] {
            guard channels.count == blocks.count else {
                throw config.error(key, "has \(blocks.count) entries for \(channels.count) levels")
            }
            // diffusers builds each level's strided or upsampling convolution with one channel count in and out.
            guard Set(channels).count == 1 else {
                throw config.error(key, "levels of different channel counts do not fit together")
            }
        }
        try config.require("in_channels", is: 3)
        try config.require("out_channels", is: 3)
        try config.require("upsample_fn", is: "nearest")
        activation = try config.activation("act_fn", default: .relu)
        latentChannels = try config.size("latent_channels", default: 4)
        upsamplingFactor = try config.size("upsampling_scaling_factor", default: 2, atMost: 8)
        scalingFactor = try config.value("scaling_factor", default: 1)
        guard decoderFactor == encoderFactor else {
            throw config.error(
                "upsampling_scaling_factor",
                "the decoder enlarges \(decoderFactor) times what the encoder shrinks "
                    + "\(encoderFactor) times")
        }
    }

    /// Pixels to a latent along one side.
    var encoderFactor: Int { 1 << (encoderBlocks.count - 1) }
    private var decoderFactor: Int {
        (1..<decoderBlocks.count).reduce(1) { product, _ in product * upsamplingFactor }
    }
}
