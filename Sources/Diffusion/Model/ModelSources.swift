package import Weights

/// Where a model's parts come from.
package struct ModelSources: Sendable {
    /// The diffusers folder: model_index.json and a folder for each part.
    package var model: any ModelFiles
    /// In place of the folder's own parts: the part's own folder (config.json at its top), or a whole model's.
    package var autoencoder, unet, scheduler: (any ModelFiles)?
    /// In place of scheduler_config.json's `prediction_type`.
    package var predictionType: Scheduler.PredictionType?
    /// Noise levels end at a signal-to-noise ratio of zero, whatever scheduler_config.json's `rescale_betas_zero_snr` says.
    package var endsAtZeroSNR = false
    /// "fp16" takes the files named so; nil takes the plain ones, or else the only variant there is.
    package var variant: String?
    /// Merged into the UNet and the text encoders, wherever those come from.
    package var loras: [LoRAFile]
    /// Words for prompts, added to the text encoders.
    package var embeddings: [TextualInversion] = []

    package init(
        model: any ModelFiles, autoencoder: (any ModelFiles)? = nil, unet: (any ModelFiles)? = nil,
        scheduler: (any ModelFiles)? = nil, predictionType: Scheduler.PredictionType? = nil, variant: String? = nil,
        loras: [LoRAFile] = []
    ) {
        (self.model, self.autoencoder, self.unet, self.scheduler) = (model, autoencoder, unet, scheduler)
        (self.predictionType, self.variant, self.loras) = (predictionType, variant, loras)
    }
}

/// What kind of pipeline a folder's parts make up, read from their configs.
package enum ModelFamily: String, Sendable, CaseIterable {
    /// One text encoder, its last hidden state: Stable Diffusion 1 and 2, SD-Turbo, SDXS, latent consistency models.
    case stableDiffusion = "Stable Diffusion"
    /// Two text encoders, their last hidden states but one, a pooled prompt and the picture's sizes: SDXL-Turbo and
    /// all that is distilled from SDXL.
    case stableDiffusionXL = "Stable Diffusion XL"
}

/// model_index.json: which class each part is of.
struct ModelIndex {
    private let config: PartConfig

    /// - Throws: where the folder is none of diffusers'.
    init(_ files: any ModelFiles) throws {
        guard files.exists("model_index.json") else {
            throw DiffusionError(
                .partMissing,
                "no model_index.json here: a model is a folder as diffusers saves it, with unet/, vae/, text_encoder/, "
                    + "tokenizer/ and scheduler/ in it",
                at: files.description)
        }
        config = try PartConfig("model_index.json", of: files)
    }

    /// "unet": ["diffusers", "UNet2DConditionModel"].
    func className(of part: String) -> String? {
        guard let entry = try? config.optional(part, as: [String].self), entry.count == 2 else { return nil }
        return entry[1]
    }
}

/// One part of an opened model: for `models show`, and for the memory it will take.
package struct ModelPart: Sendable {
    /// The folder's name, which is diffusers' for the part: "unet".
    package let name: String
    /// diffusers' or transformers' class: "UNet2DConditionModel".
    package let className: String
    package let weights: WeightStore

    package var parameterCount: Int { weights.parameterCount }
    /// "F16", or several where they are mixed, the most frequent first.
    package var elementTypes: [String] { weights.elementTypes.map(\.rawValue) }
    /// Bytes as engines hold them when they compute in float32.
    package var float32ByteCount: Int { 4 * parameterCount }
}

/// Where one part's files lie.
struct PartFiles {
    private let files: any ModelFiles
    /// "unet"; empty where the part has a folder to itself.
    private let folder: String
    private let variant: String?
    private let name: String
    private let loras: [LoRAFile]

    /// - Parameter override: the part's own folder, or another model that has one.
    init(_ name: String, override: (any ModelFiles)?, _ sources: ModelSources) {
        (self.name, loras) = (name, sources.loras)
        files = override ?? sources.model
        let isOwn =
            override.map { !$0.exists("\(name)/config.json") && !$0.exists("\(name)/\(name)_config.json") } ?? false
        folder = isOwn ? "" : name
        // A swapped-in part comes from elsewhere and need not have the variant that the model has.
        variant = override == nil ? sources.variant : nil
    }

    func config(_ name: String = "config.json") throws -> PartConfig {
        try PartConfig(folder.isEmpty ? name : "\(folder)/\(name)", of: files)
    }

    func weights() throws -> WeightStore {
        let store = try WeightStore.open(folder, of: files, variant: variant)
        return loras.isEmpty ? store : try store.merging(loras, into: name)
    }
}
