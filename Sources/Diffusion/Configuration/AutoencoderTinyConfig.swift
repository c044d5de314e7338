import Weights

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
