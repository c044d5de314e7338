import Basics
import Weights

/// diffusers' `UNet2DConditionModel` config.json, reduced to what changes the computation.
struct UNet2DConditionConfig: Sendable {
    enum MidBlock: Sendable { case crossAttention, resnet, none }
    enum AdditionEmbedding: Sendable {
        /// SDXL: the pooled prompt and sinusoids of the picture's sizes.
        case textTime(timeChannels: Int, inputFeatures: Int)
        /// The whole prompt, pooled by attention.
        case text(heads: Int)
    }

    /// One level of the down path; the up path is made of the same ones in reverse.
    struct Level: Sendable {
        let channels: Int
        let resnets: Int
        let heads: Int
        /// Width of the prompt's tokens the level attends to.
        let crossAttentionChannels: Int
        let onlyCrossAttention: Bool
    }

    /// Latents the model was made for, along one side; nil where the config does not say.
    let sampleSize: (height: Int, width: Int)?
    let inChannels, outChannels: Int
    let centerInputSample: Bool
    let levels: [Level]
    /// For each level of the down path, transformer layers behind each resnet; nil: no attention there.
    let downTransformerLayers: [[Int]?]
    /// The same for the up path, deepest first; one more resnet each.
    let upTransformerLayers: [[Int]?]
    let midBlock: MidBlock
    let midTransformerLayers: Int
    let midBlockScaleFactor: Float
    let downsamplePadding: Int
    let activation: Activation
    let groups: Int
    let epsilon: Float
    let useLinearProjection: Bool
    let timeScaleShift: ResnetBlock2D.TimeScaleShift
    let timesteps: Timesteps
    private(set) var timeEmbeddingFeatures: Int
    private(set) var timeEmbeddingActivation: Activation?
    private(set) var timestepPostActivation: Activation?
    private(set) var timeConditionFeatures: Int?
    let additionEmbedding: AdditionEmbedding?
    /// Width of the prompt embeddings before `encoder_hid_proj`, where there is one.
    let encoderHiddenFeatures: Int?
    let convInKernel, convOutKernel: Int

    /// Width of the prompt embeddings the model takes.
    var promptFeatures: Int { encoderHiddenFeatures ?? levels[0].crossAttentionChannels }

    /// - Parameter hasUpPath: false for a ControlNet, which is a UNet's first half.
    init(_ config: PartConfig, hasUpPath: Bool = true) throws {
        let channels = try config.sizes("block_out_channels", default: [320, 640, 1280, 1280])
        let count = channels.count
        let downTypes = try config.blockTypes(
            "down_block_types", count: count,
            default: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
            known: ["CrossAttnDownBlock2D", "DownBlock2D"])
        let upTypes =
            hasUpPath
            ? try config.blockTypes(
                "up_block_types", count: count,
                default: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
                known: ["CrossAttnUpBlock2D", "UpBlock2D"]) : []
        // diffusers refuses it too: the number of heads is in attention_head_dim.
        try config.requireNull("num_attention_heads")
        // diffusers' attention_head_dim is the number of heads, misnamed when the library was young.
        let heads = try config.counts("attention_head_dim", count: count, default: 8)
        let resnets = try config.counts("layers_per_block", count: count, default: 2, atLeast: 0)
        for level in channels.indices.dropFirst()
        where resnets[level] == 0 && channels[level] != channels[level - 1] {
            throw config.error("layers_per_block", "is 0 at level \(level), where block_out_channels changes")
        }
        let context = try config.counts("cross_attention_dim", count: count, default: 1280)
        let onlyCross = try config.values("only_cross_attention", count: count, default: false)
        levels = channels.indices.map {
            Level(
                channels: channels[$0], resnets: resnets[$0], heads: heads[$0], crossAttentionChannels: context[$0],
                onlyCrossAttention: onlyCross[$0])
        }

        let layers = try Self.transformerLayers("transformer_layers_per_block", count, config)
        var reversed = Array(layers.reversed())
        if config.has("reverse_transformer_layers_per_block") {
            reversed = try Self.transformerLayers("reverse_transformer_layers_per_block", count, config)
        } else if hasUpPath, layers.contains(where: { if case .each = $0 { true } else { false } }) {
            throw config.error(
                "reverse_transformer_layers_per_block", "is needed where transformer_layers_per_block holds lists")
        }
        downTransformerLayers = try downTypes.indices.map { level in
            switch downTypes[level] {
            case "CrossAttnDownBlock2D":
                try layers[level].expanded(resnets[level], "transformer_layers_per_block", config)
            default: nil
            }
        }
        upTransformerLayers = try upTypes.indices.map { index in
            switch upTypes[index] {
            case "CrossAttnUpBlock2D":
                try reversed[index].expanded(
                    resnets[count - 1 - index] + 1, "reverse_transformer_layers_per_block", config)
            default: nil
            }
        }
        midTransformerLayers = try layers[count - 1].expanded(1, "transformer_layers_per_block", config)[0]

        if config.isNull("mid_block_type") {
            midBlock = .none
        } else {
            switch try config.optional("mid_block_type", as: String.self) ?? "UNetMidBlock2DCrossAttn" {
            case "UNetMidBlock2DCrossAttn": midBlock = .crossAttention
            case "UNetMidBlock2D": midBlock = .resnet
            case let other: throw config.error("mid_block_type", "is \(other), which is not supported")
            }
        }
        midBlockScaleFactor = try config.value("mid_block_scale_factor", default: 1)

        sampleSize = try Self.sampleSize(config)
        inChannels = try config.size("in_channels", default: 4)
        outChannels = try config.size("out_channels", default: 4)
        centerInputSample = try config.flag("center_input_sample", default: false)
        downsamplePadding = try config.checked(
            "downsample_padding", config.value("downsample_padding", default: 1), 0...1)
        activation = try config.activation("act_fn", default: .silu)
        groups = try config.size("norm_num_groups", default: 32)
        epsilon = try config.value("norm_eps", default: 1e-5)
        useLinearProjection = try config.flag("use_linear_projection", default: false)
        let shift = try config.value("resnet_time_scale_shift", default: "default")
        guard let known = ResnetBlock2D.TimeScaleShift(rawValue: shift) else {
            throw config.error(
                "resnet_time_scale_shift", "is \(shift), which is not supported; default and scale_shift are")
        }
        timeScaleShift = known

        try config.require("time_embedding_type", is: "positional")
        let flip = try config.flag("flip_sin_to_cos", default: true)
        let frequencyShift = try config.value("freq_shift", default: Float(0))
        timesteps = Timesteps(channels: channels[0], flipSinToCos: flip, downscaleFrequencyShift: frequencyShift)
        timeEmbeddingFeatures = try config.optionalSize("time_embedding_dim") ?? 4 * channels[0]
        timeEmbeddingActivation = try config.optionalActivation("time_embedding_act_fn")
        timestepPostActivation = try config.optionalActivation("timestep_post_act")
        timeConditionFeatures = try config.optionalSize("time_cond_proj_dim")
        additionEmbedding = try Self.additionEmbedding(config)
        convInKernel = try config.size("conv_in_kernel", default: 3)
        convOutKernel = try config.size("conv_out_kernel", default: 3)

        try config.require("encoder_hid_dim_type", is: "text_proj")
        encoderHiddenFeatures = try config.optionalSize("encoder_hid_dim")
        try config.require("dual_cross_attention", is: false)
        try config.requireNull("class_embed_type")
        try config.requireNull("num_class_embeds")
        try config.require("class_embeddings_concat", is: false)
        try config.require("attention_type", is: "default")
    }

    /// The same for a ControlNet of this UNet, whose class has no settings for the time embedding.
    var ofControlNet: UNet2DConditionConfig {
        var config = self
        config.timeEmbeddingFeatures = 4 * levels[0].channels
        (config.timeEmbeddingActivation, config.timestepPostActivation) = (nil, nil)
        config.timeConditionFeatures = nil
        return config
    }

    private static func sampleSize(_ config: PartConfig) throws -> (height: Int, width: Int)? {
        guard config.has("sample_size") else { return nil }
        let sides = try config.counts("sample_size", count: 2, default: 64)
        return (sides[0], sides[1])
    }

    private static func additionEmbedding(_ config: PartConfig) throws -> AdditionEmbedding? {
        switch try config.optional("addition_embed_type", as: String.self) {
        case nil: return nil
        case "text": return .text(heads: try config.size("addition_embed_type_num_heads", default: 64))
        case "text_time":
            guard let channels = try config.optionalSize("addition_time_embed_dim") else {
                throw config.error("addition_time_embed_dim", "is needed with addition_embed_type text_time")
            }
            let key = "projection_class_embeddings_input_dim"
            guard let features = try config.optionalSize(key) else {
                throw config.error(key, "is needed with addition_embed_type text_time")
            }
            return .textTime(timeChannels: channels, inputFeatures: features)
        case let other?:
            throw config.error("addition_embed_type", "is \(other), which is not supported; text_time and text are")
        }
    }
}

extension UNet2DConditionConfig {
    /// Transformer layers of one level: the same behind each resnet, or one number for each.
    private enum Layers: ConfigValue {
        case all(Int)
        case each([Int])

        static var kind: String { "a whole number or a list of them" }
        init?(configuration: LocatedJSON) {
            if let number = Int(configuration: configuration) {
                self = .all(number)
            } else if let numbers = [Int](configuration: configuration) {
                self = .each(numbers)
            } else {
                return nil
            }
        }

        var all: [Int] {
            switch self {
            case .all(let number): [number]
            case .each(let numbers): numbers
            }
        }

        func expanded(_ count: Int, _ key: String, _ config: PartConfig) throws -> [Int] {
            switch self {
            case .all(let layers): return [Int](repeating: layers, count: count)
            case .each(let layers):
                guard layers.count >= count else {
                    throw config.error(key, "has \(layers.count) entries for \(count) transformers of a block")
                }
                return Array(layers.prefix(count))
            }
        }
    }

    private static func transformerLayers(_ key: String, _ count: Int, _ config: PartConfig) throws -> [Layers] {
        let range = 0...1000
        guard config.has(key), let nested = try? config.value(key, as: [Layers].self) else {
            return try config.counts(key, count: count, default: 1, atLeast: 0).map { .all($0) }
        }
        guard nested.count == count else { throw config.error(key, "has \(nested.count) entries for \(count) blocks") }
        for layers in nested { for number in layers.all { _ = try config.checked(key, number, range) } }
        return nested
    }
}
