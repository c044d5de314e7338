import Graph

/// The architectures that single-file checkpoints come in, recognised by their text encoders.
enum CheckpointFamily: Sendable {
    /// Stable Diffusion 1: CLIP ViT-L.
    case one
    /// Stable Diffusion 2: OpenCLIP ViT-H without its last layer.
    case two
    /// SDXL: CLIP ViT-L and OpenCLIP ViT-bigG.
    case extraLarge

    /// Where CLIP ViT-L's tensors are.
    static let clipPrefixes = ["cond_stage_model.transformer.", "conditioner.embedders.0.transformer."]

    init?(_ names: Set<String>) {
        let embedding = "embeddings.position_embedding.weight"
        if names.contains("conditioner.embedders.1.model.positional_embedding") {
            self = .extraLarge
        } else if names.contains("cond_stage_model.model.positional_embedding") {
            self = .two
        } else if ["text_model.", ""].contains(where: { names.contains(Self.clipPrefixes[0] + $0 + embedding) }) {
            self = .one
        } else {
            return nil
        }
    }

    var pipeline: String { self == .extraLarge ? "StableDiffusionXLPipeline" : "StableDiffusionPipeline" }
    /// As SD-Turbo and SDXL-Turbo are published with; they differ once there are several steps.
    var scheduler: String { self == .extraLarge ? "EulerAncestralDiscreteScheduler" : "EulerDiscreteScheduler" }
    var autoencoder: AutoencoderTraits { self == .extraLarge ? .extraLarge : .oneAndTwo }
}

/// A single-file checkpoint in the original layout (Stable Diffusion 1 and 2, SDXL), presented as a diffusers folder.
///
/// The tensors are those of the file, to the bit; the configurations are worked out from their shapes, as a checkpoint
/// carries none. What shapes cannot tell is taken from the family: heads of 64 channels (8 heads in SD 1), an
/// epsilon-predicting scheduler with trailing timesteps unless the file is marked otherwise, and 64×64 latents as
/// one-step models are trained for. A part that the file lacks is only asked for where none takes its place.
package struct CheckpointFiles: ModelFiles {
    package let description: String
    private let family: CheckpointFamily
    private let configurations: CheckpointConfigurations
    private let markers: CheckpointMarkers
    private let parts: [String: WeightStore]
    private let tokenizer: (any ModelFiles)?

    /// - Parameter tokenizer: has the folders "tokenizer" and, for SDXL, "tokenizer_2", which checkpoints lack.
    /// - Throws: `WeightsError` where the file is damaged, of another layout, or has tensors no part has a place for.
    package init(_ file: any ModelFile, tokenizer: (any ModelFiles)? = nil) throws {
        let tensors = try SafetensorsFile(file)
        guard let family = CheckpointFamily(Set(tensors.header.entries.map(\.name))) else {
            throw WeightsError(
                .unsupported,
                "this is not a whole Stable Diffusion 1, 2 or SDXL checkpoint in the original layout: no text encoder of "
                    + "theirs is in it; give a UNet or an autoencoder alone with --unet or --vae beside a whole model",
                file: file.name)
        }
        let checkpoint = try CheckpointTensors(tensors, family: family)
        (description, self.family, self.tokenizer, markers) = (file.name, family, tokenizer, checkpoint.markers)
        parts = try checkpoint.parts.reduce(into: [:]) { parts, part in
            parts[part.key] = try WeightStore(part.value, description: file.name)
        }
        configurations = CheckpointConfigurations(checkpoint.parts, file: file.name)
    }

    package func exists(_ path: String) -> Bool {
        paths.contains(path) || (Self.isTokenizer(path) && tokenizer?.exists(path) == true)
    }

    package func open(_ path: String) throws -> any ModelFile {
        guard Self.isTokenizer(path) else {
            return MemoryFile(name: name(path), bytes: Array(try configuration(path).utf8))
        }
        guard let tokenizer else {
            throw WeightsError(
                .notFound,
                "a single-file checkpoint holds no tokenizer; name a folder that has one with --tokenizer, such as "
                    + "the same model's diffusers folder", file: description)
        }
        return try tokenizer.open(path)
    }

    package func list(_ folder: String) -> [String] {
        if Self.isTokenizer(folder + "/") { return tokenizer?.list(folder) ?? [] }
        let prefix = folder.isEmpty ? "" : folder + "/"
        let names = paths.filter { $0.hasPrefix(prefix) }.map {
            String($0.dropFirst(prefix.count).prefix { $0 != "/" })
        }
        return Set(names).sorted()
    }

    package func weights(_ folder: String, variant: String?) throws -> WeightStore {
        guard let part = parts[folder] else { throw missing(folder) }
        return part
    }

    private static func isTokenizer(_ path: String) -> Bool {
        path.hasPrefix("tokenizer/") || path.hasPrefix("tokenizer_2/")
    }

    private var paths: [String] {
        parts.keys.map { "\($0)/config.json" } + ["scheduler/scheduler_config.json", "model_index.json"]
    }

    private func configuration(_ path: String) throws -> String {
        let part = String(path.prefix { $0 != "/" })
        switch path {
        case "model_index.json": return configurations.modelIndex(family)
        case "scheduler/scheduler_config.json": return configurations.scheduler(family, markers)
        case "\(part)/config.json":
            guard parts[part] != nil else { throw missing(part) }
            switch part {
            case "unet": return try configurations.unet()
            case "vae": return try configurations.autoencoder(family.autoencoder)
            default: return try configurations.textEncoder(part, isOpenCLIP: family == .two || part == "text_encoder_2")
            }
        default: throw WeightsError(.notFound, "the checkpoint has no such file", file: name(path))
        }
    }

    private func missing(_ part: String) -> WeightsError {
        switch part {
        case "vae":
            WeightsError(.notFound, "the checkpoint has no autoencoder; name one with --vae", file: description)
        case "unet": WeightsError(.notFound, "the checkpoint has no UNet; name one with --unet", file: description)
        default: WeightsError(.notFound, "the checkpoint has no \(part)", file: description)
        }
    }
}
