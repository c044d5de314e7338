package import Graph
import Weights

/// A model opened from a diffusers folder: configs read and checked, weights found but not yet read.
package struct DiffusionModel: Sendable {
    package let family: ModelFamily
    /// UNet, autoencoder and text encoders, with what they weigh.
    package let parts: [ModelPart]
    package let scheduler: Scheduler
    /// In the order in which their hidden states are joined along the last axis.
    package let textEncoders: [TextEncoder]
    /// diffusers' class of the autoencoder: "AutoencoderKL", "AutoencoderTiny".
    package let autoencoderClass: String

    let unet: UNet2DConditionModel
    let autoencoder: any Autoencoder
    let unetWeights, autoencoderWeights: WeightStore

    /// - Throws: `DiffusionError` or `WeightsError` naming the file and key, or the tensor, that is missing or does not
    ///   fit.
    package init(_ sources: ModelSources) throws {
        let index = try ModelIndex(sources.model)
        let unetFiles = PartFiles("unet", override: sources.unet, sources)
        let autoencoderFiles = PartFiles("vae", override: sources.autoencoder, sources)
        let schedulerFiles = PartFiles("scheduler", override: sources.scheduler, sources)

        unet = UNet2DConditionModel(config: try UNet2DConditionConfig(unetFiles.config()))
        (autoencoder, autoencoderClass) = try Self.autoencoder(autoencoderFiles, index)
        scheduler = try Scheduler(
            schedulerFiles.config("scheduler_config.json"), predictionType: sources.predictionType,
            endsAtZeroSNR: sources.endsAtZeroSNR)
        let family: ModelFamily =
            if case .textTime = unet.config.additionEmbedding { .stableDiffusionXL } else { .stableDiffusion }
        self.family = family
        unetWeights = try unetFiles.weights()
        autoencoderWeights = try autoencoderFiles.weights()

        let names = family == .stableDiffusionXL ? ["text_encoder", "text_encoder_2"] : ["text_encoder"]
        for lora in sources.loras { try lora.requireParts(names + ["unet"]) }
        let configs = try names.map { try CLIPTextConfig(PartFiles($0, override: nil, sources).config()) }
        let inversions = try sources.embeddings.map { inversion in
            (inversion.token, try inversion.vectors(forEncodersOf: configs.map(\.hiddenSize)))
        }
        textEncoders = try names.enumerated().map { position, name in
            let files = PartFiles(name, override: nil, sources)
            let isLast = position == names.count - 1
            let output: CLIPTextModel.Output =
                switch family {
                case .stableDiffusion: .lastHiddenState
                case .stableDiffusionXL: isLast ? .penultimateAndPooled : .penultimateHiddenState
                }
            return try TextEncoder(
                name: name, tokenizerName: position == 0 ? "tokenizer" : "tokenizer_\(position + 1)",
                model: CLIPTextModel(config: configs[position], output: output), weights: try files.weights(),
                inversions: inversions.compactMap { token, vectors in vectors[position].map { (token, $0) } })
        }
        parts =
            textEncoders.map {
                ModelPart(
                    name: $0.name, className: index.className(of: $0.name) ?? "CLIPTextModel", weights: $0.weights)
            } + [
                ModelPart(name: "unet", className: "UNet2DConditionModel", weights: unetWeights),
                ModelPart(name: "vae", className: autoencoderClass, weights: autoencoderWeights),
            ]
        try checkFit()
    }

    /// Pixels the model was made for: sample_size × the autoencoder's factor, along both sides.
    package var nativePixels: Int {
        let sample = unet.config.sampleSize ?? (64, 64)
        return sample.height * sample.width * autoencoder.factor * autoencoder.factor
    }

    /// What width and height must be multiples of: 8, as in diffusers, or more where the autoencoder needs it.
    package var sizeMultiple: Int { max(8, autoencoder.factor) }

    /// The size to work at where none is asked for.
    package func defaultSize(inputWidth: Int, inputHeight: Int) -> WorkingSize {
        WorkingSize(
            inputWidth: inputWidth, inputHeight: inputHeight, pixels: nativePixels, multiple: sizeMultiple)
    }

    /// [1, C, h, w] of the latents, and so of the noise, at a working size.
    package func latentShape(_ size: WorkingSize) -> Shape {
        [1, autoencoder.latentChannels, size.height / autoencoder.factor, size.width / autoencoder.factor]
    }

    /// [1, tokens, features] of the prompt embeddings.
    package var promptShape: Shape { [1, textEncoders[0].positions, unet.config.promptFeatures] }
    /// [1, features] of the pooled prompt, for models that take one.
    package var pooledShape: Shape? { textEncoders.lazy.compactMap(\.pooledFeatures).first.map { [1, $0] } }
    /// Whether the model takes a guidance scale (`time_cond_proj_dim`).
    package var takesGuidanceScale: Bool { unet.config.timeConditionFeatures != nil }

    /// Weights of all parts as float32, which is what an engine that computes so will hold.
    package var float32ByteCount: Int { parts.reduce(0) { $0 + $1.float32ByteCount } }

    /// The whole of one frame's work: `ImageToImageGraph`.
    /// - Parameters:
    ///   - size: sides must be multiples of `sizeMultiple`.
    ///   - maximumSegmentBytes: cuts the denoise segment into pieces once their weights, as float32, reach this; nil
    ///     leaves it whole.
    /// - Throws: where the size does not fit, or weights and configs do not belong together, naming the tensor.
    package func imageToImageGraph(_ size: WorkingSize, maximumSegmentBytes: Int? = nil) throws -> Graph {
        let graph: Graph
        do {
            graph = try imageToImage(size, maximumSegmentBytes: maximumSegmentBytes).build()
        } catch let error as GraphError where error.code == .tooSmall {
            throw DiffusionError(
                .badRequest, "\(size.width)x\(size.height) is too small for this model; choose a larger --size", at: "")
        }
        try unetWeights.checkAllUsed()
        try autoencoderWeights.checkAllUsed()
        return graph
    }

    func imageToImage(_ size: WorkingSize, maximumSegmentBytes: Int? = nil) throws -> ImageToImageGraph {
        let multiple = sizeMultiple
        guard size.width > 0, size.height > 0, size.width % multiple == 0, size.height % multiple == 0 else {
            let nearest = { (side: Int) in max((side + multiple / 2) / multiple, 1) * multiple }
            throw DiffusionError(
                .badRequest,
                "\(size.width)x\(size.height) is not made of multiples of \(multiple); "
                    + "\(nearest(size.width))x\(nearest(size.height)) is the nearest that is", at: "")
        }
        return ImageToImageGraph(
            unet: unet, autoencoder: autoencoder, unetWeights: unetWeights.root,
            autoencoderWeights: autoencoderWeights.root, promptTokens: textEncoders[0].positions,
            pooledFeatures: pooledShape?[1], height: size.height, width: size.width,
            maximumSegmentBytes: maximumSegmentBytes)
    }

    private static func autoencoder(
        _ files: PartFiles, _ index: ModelIndex
    ) throws -> (any Autoencoder, String) {
        let config = try files.config()
        let className = try config.optional("_class_name", as: String.self) ?? index.className(of: "vae")
        switch className {
        case "AutoencoderKL", nil:
            return (AutoencoderKL(config: try AutoencoderKLConfig(config)), "AutoencoderKL")
        case "AutoencoderTiny":
            return (AutoencoderTiny(config: try AutoencoderTinyConfig(config)), "AutoencoderTiny")
        case let other?:
            throw config.error(
                "_class_name", "is \(other), which is not supported; AutoencoderKL and AutoencoderTiny are")
        }
    }

    /// Parts from different models are each right by themselves; here is what they must agree on.
    private func checkFit() throws {
        let features = textEncoders.reduce(0) { $0 + $1.features }
        guard features == unet.config.promptFeatures else {
            throw DiffusionError(
                .unsupportedConfig,
                "the UNet takes prompt embeddings of \(unet.config.promptFeatures) features and the text encoders give "
                    + "\(features); they are not of one model",
                at: "unet/config.json: cross_attention_dim")
        }
        guard Set(textEncoders.map(\.positions)).count == 1 else {
            throw DiffusionError(
                .unsupportedConfig, "the text encoders take prompts of different lengths",
                at: "text_encoder_2/config.json: max_position_embeddings")
        }
        for (key, channels) in [("in_channels", unet.config.inChannels), ("out_channels", unet.config.outChannels)] {
            guard channels == autoencoder.latentChannels else {
                throw DiffusionError(
                    .unsupportedConfig,
                    "the UNet has \(channels) and the autoencoder's latents \(autoencoder.latentChannels); inpainting "
                        + "and depth models are not supported, and an autoencoder must be of the UNet's family",
                    at: "unet/config.json: \(key)")
            }
        }
    }
}
