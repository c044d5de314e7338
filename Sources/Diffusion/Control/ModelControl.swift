import Graph
package import Weights

/// Where a control comes from, and what it is to do.
package struct ControlSource: Sendable {
    /// Its own folder with config.json, or a `ControlWeightsFile`.
    package let files: any ModelFiles
    /// How much it counts where the live setting is 1.
    package let scale: Float
    package let image: ControlImage

    package init(_ files: any ModelFiles, scale: Float = 1, image: ControlImage) {
        (self.files, self.scale, self.image) = (files, scale, image)
    }
}

/// A network that looks at a picture made of the frame, and holds the UNet to what it sees there.
package struct ModelControl: Sendable {
    enum Network: Sendable {
        case controlNet(ControlNetModel)
        case adapter(T2IAdapter)
    }

    package let image: ControlImage
    package let scale: Float
    let network: Network
    let weights: WeightStore

    /// - Parameters:
    ///   - unet: what it is to hold; a control is made for one family.
    ///   - factor: pixels a latent, along a side.
    /// - Throws: where it is of another kind or family, naming what it is.
    init(_ source: ControlSource, for unet: UNet2DConditionConfig, factor: Int) throws {
        (image, scale) = (source.image, source.scale)
        let config =
            source.files.exists("config.json") ? try PartConfig("config.json", of: source.files) : nil
        if let config { try Self.requireKnown(config) }
        weights = try WeightStore.open("", of: source.files)
        guard let config else {
            let own = try ControlNetConfig(of: weights, like: unet)
            network = .controlNet(ControlNetModel(config: own))
            try requireFit(own, unet, factor)
            return
        }
        if try config.value("_class_name", as: String.self) == "T2IAdapter" {
            let own = try T2IAdapterConfig(config)
            network = .adapter(T2IAdapter(config: own))
            try requireFit(own, unet)
            guard own.inChannels == 3 || !image.isColoured else {
                throw config.error(
                    "in_channels", "is 1: it looks at a grey picture; choose --control-image canny, edges or luma")
            }
        } else {
            let own = try ControlNetConfig(config)
            network = .controlNet(ControlNetModel(config: own))
            try requireFit(own, unet, factor)
        }
    }

    private static func requireKnown(_ config: PartConfig) throws {
        switch try config.optional("_class_name", as: String.self) {
        case "ControlNetModel", "T2IAdapter": break
        case "ControlNetUnionModel":
            throw config.error(
                "_class_name",
                "is ControlNetUnionModel: union controls are not supported; choose one made for one kind "
                    + "of picture, such as canny")
        case let other:
            throw config.error(
                "_class_name", "is \(other ?? "missing"), which is not supported; ControlNetModel and T2IAdapter are")
        }
    }

    package var className: String {
        switch network {
        case .controlNet: "ControlNetModel"
        case .adapter: "T2IAdapter"
        }
    }

    /// What the frame's sides must be multiples of.
    var sizeMultiple: Int {
        switch network {
        case .controlNet: 1
        case .adapter(let adapter): adapter.config.downscaleFactor
        }
    }

    /// Channels of its picture.
    var channels: Int {
        switch network {
        case .controlNet: 3
        case .adapter(let adapter): adapter.config.inChannels
        }
    }

    private func requireFit(_ control: ControlNetConfig, _ unet: UNet2DConditionConfig, _ factor: Int) throws {
        let own = control.unet
        // A file alone has no configuration; what it attends to tells its family.
        let key = weights.names.first { $0.hasSuffix("attn2.to_k.weight") }.flatMap { weights[$0] }
        let features = key.map { $0.shape[-1] } ?? own.promptFeatures
        let isLike =
            features == unet.levels[0].crossAttentionChannels
            && own.levels.map(\.channels) == unet.levels.map(\.channels)
            && own.levels.map(\.resnets) == unet.levels.map(\.resnets)
        guard isLike else {
            throw DiffusionError(
                .unsupportedConfig,
                "this control is made for \(Self.family(features, own.levels.map(\.channels))), and the model is "
                    + "\(Self.family(unet.levels[0].crossAttentionChannels, unet.levels.map(\.channels))); a control must "
                    + "be of the UNet's family", at: weights.description)
        }
        guard control.factor == factor else {
            throw DiffusionError(
                .unsupportedConfig,
                "this control makes its picture \(control.factor) times smaller, and the model's autoencoder \(factor) "
                    + "times; they do not belong together", at: weights.description)
        }
    }

    private func requireFit(_ own: T2IAdapterConfig, _ unet: UNet2DConditionConfig) throws {
        let widths = unet.levels.map(\.channels)
        guard own.blocks.prefix(widths.count).map(\.channels) == widths, own.blocks.count >= widths.count else {
            throw DiffusionError(
                .unsupportedConfig,
                "this adapter is made for a UNet of \(own.channels) channels, and the model's has \(widths); a control "
                    + "must be of the UNet's family", at: weights.description)
        }
    }

    /// "Stable Diffusion 2", or what there is to tell a family by.
    private static func family(_ promptFeatures: Int, _ channels: [Int]) -> String {
        switch (promptFeatures, channels) {
        case (768, [320, 640, 1280, 1280]): "Stable Diffusion 1"
        case (1024, [320, 640, 1280, 1280]): "Stable Diffusion 2"
        case (2048, [320, 640, 1280]): "Stable Diffusion XL"
        default: "a UNet of \(channels) channels and prompts of \(promptFeatures) features"
        }
    }
}
