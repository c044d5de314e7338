/// Which model, and what takes the place of its parts: what `--model` and the options beside it name, and a stream's
/// keys of the same names. `run`, `serve`, `bench` and the YAML file all fill this one value.
///
/// Every place but a LoRA's is a folder, or OWNER/NAME or OWNER/NAME@REVISION in the user's Hugging Face cache, which is
/// read without the network.
package struct ModelChoice: Sendable, Hashable {
    /// A place, a single-file checkpoint, or "pocket".
    package var model: String
    /// A part's own folder, or a model that has one.
    package var vae, unet, scheduler: String?
    /// A model whose tokenizers are used; checkpoints hold none.
    package var tokenizer: String?
    /// `FILE` or `FILE:SCALE`, merged in this order.
    package var loras: [String] = []
    /// `FILE` or `FILE:TOKEN`: words for prompts.
    package var embeddings: [String] = []
    package var predictionType: PredictionType?

    package init(model: String) { self.model = model }
}

/// What a UNet predicts, by diffusers' names.
package enum PredictionType: String, Sendable, Hashable, CaseIterable {
    case epsilon
    case velocity = "v_prediction"
    case sample
}

/// What computes, and how.
package struct EngineChoice: Sendable, Hashable {
    package var engine: EngineName
    /// The engine's own name of one, "CPU", "GPU.1", "0"; nil for its first.
    package var device: String?
    package var precision: Precision
    /// Nil for as many as there are cores.
    package var threads: Int?

    package init(
        _ engine: EngineName = .auto, device: String? = nil, precision: Precision = .auto, threads: Int? = nil
    ) {
        (self.engine, self.device, self.precision, self.threads) = (engine, device, precision, threads)
    }
}

/// What computes.
package enum EngineName: String, Sendable, Hashable, CaseIterable {
    /// The fastest engine there is on this machine, of those that were measured.
    case auto
    case openvino
    /// Any GPU with a Vulkan driver, through WebGPU; not yet measured on a card.
    case onnxruntime
    /// NVIDIA's GPUs. Written and checked without a GPU, not yet measured.
    case cuda
    /// Slow, for checking.
    case reference
}

/// What sums are computed in, and what weights take in memory.
package enum Precision: String, Sendable, Hashable, CaseIterable {
    /// The fastest that was measured on such a device and stays within 35 dB of fp32.
    case auto
    case fp32, bf16, fp16
    /// Computed in fp32, from matrices kept as int8: a quarter of their memory.
    case int8Weights = "int8-weights"
}
