import ArgumentParser
import Diffusion
import Foundation
import Graph
import OpenVINOEngine
import Pipeline
import PocketModel
import ReferenceEngine
import Weights

/// Which model, on which engine: shared by the commands that run one.
struct ModelOptions: ParsableArguments {
    @Option(help: "A model's folder as diffusers saves it, or pocket, the small one that comes with the program.")
    var model = PocketModel.name
    @Option(help: ArgumentHelp("Another autoencoder, such as TAESD's folder.", valueName: "folder"))
    var vae: String?
    @Option(help: ArgumentHelp("Another UNet, such as SDXL-Lightning's one-step UNet.", valueName: "folder"))
    var unet: String?
    @Option(help: ArgumentHelp("Another scheduler_config.json's folder.", valueName: "folder"))
    var scheduler: String?
    @Option(help: "What the UNet predicts, where its scheduler does not say: epsilon, v_prediction, sample.")
    var predictionType: String?
    @Option(
        help:
            "The model works at this size, in multiples of 8. [default: the input's shape, as large as the model was made for]"
    )
    var size: PixelSize?
    @Option(help: "What computes: auto, openvino, or reference (slow, for checking).")
    var engine: EngineName = .auto
    @Option(help: "CPU threads to compute on. [default: as many as there are cores]")
    var threads: Int?
    @Option(help: "What sums are computed in: fp32, or bf16 and fp16 where the processor has them.")
    var precision: Precision = .fp32

    enum EngineName: String, ExpressibleByArgument, CaseIterable { case auto, openvino, reference }
    enum Precision: String, ExpressibleByArgument, CaseIterable { case fp32, bf16, fp16 }

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads takes 1 to 1024.") }
        if let predictionType, Scheduler.PredictionType(rawValue: predictionType) == nil {
            let names = Scheduler.PredictionType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--prediction-type \"\(predictionType)\" is none of \(names).")
        }
    }

    var files: any ModelFiles { get throws { try Self.folder(model) } }

    func open() throws -> DiffusionModel {
        try DiffusionModel(
            ModelSources(
                model: files, autoencoder: vae.map(Self.folder), unet: unet.map(Self.folder),
                scheduler: scheduler.map(Self.folder),
                predictionType: predictionType.flatMap(Scheduler.PredictionType.init(rawValue:))))
    }

    private static func folder(_ path: String) throws -> any ModelFiles {
        if path == PocketModel.name { return PocketModel.files }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw WeightsError(
                .notFound, "there is no such folder; name the folder that holds the model's model_index.json",
                file: path)
        }
        guard isFolder.boolValue else {
            throw WeightsError(
                .malformed, "this is a file; name the model's folder, the one with model_index.json in it", file: path)
        }
        return FolderFiles(path)
    }

    /// The engine asked for, or the fastest there is; never another in silence.
    func makeEngine() throws -> any Engine {
        switch engine {
        case .reference: return ReferenceEngine()
        case .auto, .openvino:
            let precision: OpenVINOOptions.Precision =
                switch precision {
                case .fp32: .float32
                case .bf16: .bfloat16
                case .fp16: .float16
                }
            return try OpenVINOEngine(options: OpenVINOOptions(threads: threads, precision: precision))
        }
    }

    /// The size to work at for an input of this many upright, square pixels.
    func workingSize(_ model: DiffusionModel, inputWidth: Int, inputHeight: Int) -> WorkingSize {
        size.map { WorkingSize(width: $0.width, height: $0.height) }
            ?? model.defaultSize(inputWidth: inputWidth, inputHeight: inputHeight)
    }
}
