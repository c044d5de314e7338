import ArgumentParser
import Diffusion
import Graph
import ModelLoading
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
            "A textual inversion: a new word for prompts, called TOKEN or as its file says; may be given several times.",
            valueName: "file[:token]"), completion: .file(extensions: ["safetensors"]))
    var embedding: [String] = []
    @Option(
        help: "What the UNet predicts, where its scheduler does not say.",
        completion: .list(PredictionType.allCases.map(\.rawValue)))
    var predictionType: PredictionType?
    @Option(
        help:
            "The model works at this size, in multiples of 8. (default: the input's shape, as large as the model was made for)",
        completion: .list(["320x184", "512x288", "512x512", "1024x576"]))
    var size: PixelSize?
    @Option(
        help: ArgumentHelp(
            "What computes: auto, openvino (any processor, Intel's GPUs), onnxruntime (any GPU with a Vulkan driver) and cuda "
                + "(NVIDIA's GPUs), which auto leaves out until they have been measured on a card, or reference (slow, for "
                + "checking)."))
    var engine: EngineName = .auto
    @Option(
        help: ArgumentHelp(
            "The engine's name of a device: OpenVINO's CPU, GPU, GPU.1 or NPU, ONNX Runtime's webgpu, webgpu:1 or cpu, CUDA's "
                + "0 or 1. restyled doctor lists them. (default: the first)"), completion: .devices)
    var device: String?
    @Option(
        help: "CPU threads to compute on. (default: as many as there are cores)",
        completion: .list(["1", "2", "4", "8"]))
    var threads: Int?
    @Option(
        help:
            "The numbers to compute in: auto is bf16 where the processor is fast at it, else fp32; fp16 is for GPUs; int8-weights keeps matrices in a quarter of the memory."
    )
    var precision: Precision = .auto

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads takes 1 to 1024.") }
    }

    /// Whether none was given.
    var isEmpty: Bool {
        choice == ModelChoice(model: PocketModel.name) && engineChoice == EngineChoice() && size == nil
    }

    var choice: ModelChoice {
        var choice = ModelChoice(model: model)
        (choice.vae, choice.unet, choice.scheduler, choice.tokenizer) = (vae, unet, scheduler, tokenizer)
        (choice.loras, choice.embeddings, choice.predictionType) = (lora, embedding, predictionType)
        return choice
    }

    var engineChoice: EngineChoice {
        EngineChoice(engine, device: device, precision: precision, threads: threads)
    }

    func open() throws -> OpenedModel { try choice.open() }
    func makeEngine() throws -> any Engine { try engineChoice.make() }

    /// The size to work at for an input of this many upright, square pixels.
    func workingSize(_ model: DiffusionModel, inputWidth: Int, inputHeight: Int) -> WorkingSize {
        size.map { WorkingSize(width: $0.width, height: $0.height) }
            ?? model.defaultSize(inputWidth: inputWidth, inputHeight: inputHeight)
    }
}

extension EngineName: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension PredictionType: ExpressibleByArgument {}
