import Graph

/// The architectures that single-file checkpoints come in, told by their text encoders.
enum CheckpointFamily: Sendable {
    /// Stable Diffusion 1: CLIP ViT-L.
    case one
    /// Stable Diffusion 2: OpenCLIP ViT-H without its last layer.
    case two
    /// SDXL: CLIP ViT-L and OpenCLIP ViT-bigG.
    case extraLarge

    init?(_ names: Set<String>) {
        if names.contains("conditioner.embedders.1.model.positional_embedding") {
            self = .extraLarge
        } else if names.contains("cond_stage_model.model.positional_embedding") {
            self = .two
        } else if names.contains("cond_stage_model.transformer.text_model.embeddings.position_embedding.weight") {
            self = .one
        } else {
            return nil
        }
    }

    var pipeline: String { self == .extraLarge ? "StableDiffusionXLPipeline" : "StableDiffusionPipeline" }
    /// As SD-Turbo and SDXL-Turbo are published with; they differ once there are several steps.
    var scheduler: String { self == .extraLarge ? "EulerAncestralDiscreteScheduler" : "EulerDiscreteScheduler" }
    /// Of the autoencoder, which its weights do not tell.
    var scalingFactor: String { self == .extraLarge ? "0.13025" : "0.18215" }
}

/// A single-file checkpoint in the original layout (Stable Diffusion 1 and 2, SDXL), presented as a diffusers folder.
///
/// The tensors are those of the file, to the bit; the configurations are worked out from their shapes, as a checkpoint
/// carries none. What shapes cannot tell is taken from the family: heads of 64 channels (8 heads in SD 1), an
/// epsilon-predicting scheduler with trailing timesteps, and 64×64 latents as one-step models are trained for.
package struct CheckpointFiles: ModelFiles {
    package let description: String
    private let configurations: EmbeddedFiles
    private let parts: [String: WeightStore]
    private let tokenizer: (any ModelFiles)?

    /// - Parameter tokenizer: has the folders "tokenizer" and, for SDXL, "tokenizer_2", which checkpoints lack.
    /// - Throws: `WeightsError` where the file is damaged, of another layout, or has tensors no part has a place for.
    package init(_ file: any ModelFile, tokenizer: (any ModelFiles)? = nil) throws {
        let checkpoint = try CheckpointTensors(SafetensorsFile(file))
        description = file.name
        self.tokenizer = tokenizer
        parts = try checkpoint.parts.reduce(into: [:]) { parts, part in
            parts[part.key] = try WeightStore(part.value, description: file.name)
        }
        configurations = EmbeddedFiles(
            try CheckpointConfigurations(checkpoint).files.mapValues { Array($0.utf8) }, description: file.name)
    }

    package func exists(_ path: String) -> Bool {
        configurations.exists(path) || (Self.isTokenizer(path) && tokenizer?.exists(path) == true)
    }

    package func open(_ path: String) throws -> any ModelFile {
        guard Self.isTokenizer(path) else { return try configurations.open(path) }
        guard let tokenizer else {
            throw WeightsError(
                .notFound,
                "a single-file checkpoint holds no tokenizer; name a folder that has one with --tokenizer, such as "
                    + "the same model's diffusers folder", file: description)
        }
        return try tokenizer.open(path)
    }

    package func list(_ folder: String) -> [String] {
        Self.isTokenizer(folder + "/") ? tokenizer?.list(folder) ?? [] : configurations.list(folder)
    }

    package func weights(_ folder: String, variant: String?) throws -> WeightStore {
        guard let part = parts[folder] else {
            throw WeightsError(.notFound, "the checkpoint has no '\(folder)'", file: description)
        }
        return part
    }

    private static func isTokenizer(_ path: String) -> Bool {
        path.hasPrefix("tokenizer/") || path.hasPrefix("tokenizer_2/")
    }
}
