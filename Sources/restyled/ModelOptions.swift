import ArgumentParser
import Diffusion
import Graph
import ModelLoading
import Pipeline
import Settings

/// Which model, on which engine: shared by the commands that run one.
struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder as diffusers saves it, a .safetensors checkpoint, a name in the Hugging Face cache such as "
                + "stabilityai/sdxl-turbo (with @REVISION for another than main), or pocket, the small model that comes "
                + "with the program."),
        completion: .models)
    var model = PocketModel.name
    @Option(
        help: ArgumentHelp(
            "Another autoencoder, such as TAESD: a folder, a file or a name in the cache.", valueName: "model"),
        completion: .models)
    var vae: String?
    @Option(
        help: ArgumentHelp(
            "Another UNet, such as SDXL-Lightning's: a folder, a file or a name in the cache.", valueName: "model"),
        completion: .models)
    var unet: String?
    @Option(
        help: ArgumentHelp("Another scheduler_config.json's folder.", valueName: "folder"), completion: .directory)
    var scheduler: String?
    @Option(
        help: ArgumentHelp("A model whose tokenizer to use; checkpoints hold none.", valueName: "model"),
        completion: .models)
    var tokenizer: String?
    @Option(
        help: ArgumentHelp(
            "A LoRA or DoRA to merge into the model, in kohya's, PEFT's or diffusers' keys; may be given several times.",
            valueName: "file[:scale]"), completion: .file(extensions: ["safetensors"]))
    var lora: [String] = []
    @Option(
        help: ArgumentHelp(
            "A textual inversion: a word for prompts, its file's own or TOKEN; may be given several times.",
            valueName: "file[:token]"), completion: .file(extensions: ["safetensors"]))
    var embedding: [String] = []
    @Option(
        help: "What the UNet predicts, where its scheduler does not say: epsilon, v_prediction, sample.",
        completion: .list(Scheduler.PredictionType.allCases.map(\.rawValue)))
    var predictionType: String?
    @Option(
        help:
            "The model works at this size, in multiples of 8. (default: the input's shape, as large as the model was made for)",
        completion: .list(["320x184", "512x288", "512x512", "1024x576"]))
    var size: PixelSize?
    @Option(
        help: ArgumentHelp(
            "What computes: auto (the fastest that restyled doctor measured on this machine), openvino (any processor, Intel's "
                + "GPUs and NPUs), onnxruntime (any GPU with a Vulkan driver), cuda (NVIDIA's GPUs) or reference (slow, for "
                + "checking)."))
    var engine: EngineName = .auto
    @Option(
        help: ArgumentHelp(
            "The engine's name of a device: OpenVINO's CPU, GPU, GPU.1 or NPU, ONNX Runtime's webgpu, webgpu:1 or cpu, CUDA's "
                + "0 or 1. restyled doctor lists them. Several, as in A,B or given one after another, share the frames. "
                + "(default: the first)", valueName: "device,..."), completion: .devices)
    var device: [String] = []
    @Option(
        help: "CPU threads to compute on. (default: as many as there are cores)",
        completion: .list(["1", "2", "4", "8"]))
    var threads: Int?
    @Option(
        help:
            "What sums are computed in: auto is bf16 where the processor multiplies in it, else fp32; fp16 is for GPUs; int8-weights keeps matrices in a quarter of the memory."
    )
    var precision: Precision = .auto

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads takes 1 to 1024.") }
        if let predictionType, Scheduler.PredictionType(rawValue: predictionType) == nil {
            let names = Scheduler.PredictionType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--prediction-type \"\(predictionType)\" is none of \(names).")
        }
    }

    /// Whether none was given.
    var isEmpty: Bool {
        model == PocketModel.name && [vae, unet, scheduler, tokenizer, predictionType].allSatisfy { $0 == nil }
            && lora.isEmpty && embedding.isEmpty && size == nil && engine == .auto && device.isEmpty
            && threads == nil && precision == .auto
    }

    func open() throws -> OpenedModel {
        var choice = ModelChoice(model: model)
        (choice.vae, choice.unet, choice.scheduler, choice.tokenizer) = (vae, unet, scheduler, tokenizer)
        (choice.loras, choice.embeddings) = (lora, embedding)
        choice.predictionType = predictionType.flatMap(Scheduler.PredictionType.init(rawValue:))
        return try choice.open()
    }

    /// As they were given, one after another or with commas.
    var devices: [String] { device.flatMap { $0.split(separator: ",").map(String.init) } }

    /// One for each device.
    var engineChoices: [EngineChoice] {
        EngineChoice(engine, precision: precision, threads: threads).on(devices)
    }

    /// Reads and compiles the model once for each device.
    /// - Parameter warn: takes sentences for the user, from any thread, each of them once.
    func load(
        _ opened: OpenedModel, size: WorkingSize,
        progress: (_ part: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in },
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> [(device: String, model: LoadedModel)] {
        var models: [(device: String, model: LoadedModel)] = []
        for choice in engineChoices {
            // The others would say the same once more.
            let isFirst = models.isEmpty
            let loaded = try LoadedModel(
                opened.model, files: opened.tokenizers, engine: choice.make(), size: size, progress: progress,
                warn: { if isFirst { warn($0) } })
            models.append((choice.device ?? loaded.engine.description, loaded))
        }
        return models
    }

    /// The size to work at for an input of this many upright, square pixels.
    func workingSize(_ model: DiffusionModel, inputWidth: Int, inputHeight: Int) -> WorkingSize {
        size.map { WorkingSize(width: $0.width, height: $0.height) }
            ?? model.defaultSize(inputWidth: inputWidth, inputHeight: inputHeight)
    }
}
