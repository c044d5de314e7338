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
