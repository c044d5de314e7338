import Weights

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
