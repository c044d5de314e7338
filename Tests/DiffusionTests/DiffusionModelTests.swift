import EngineTools
import Foundation
import Graph
import Testing
import Weights

@testable import Diffusion

/// Opening folders: what is told of them, what is refused.
@Suite struct DiffusionModelTests {
    @Test(arguments: [
        ("sd-kl", ModelFamily.stableDiffusion, "AutoencoderKL", 1), ("sdxl", .stableDiffusionXL, "AutoencoderKL", 2),
    ])
    func tellsWhatAFolderHolds(name: String, family: ModelFamily, autoencoder: String, encoders: Int) throws {
        let model = try Fixture(name).model()
        #expect(model.family == family)
        #expect(model.autoencoderClass == autoencoder)
        #expect(model.textEncoders.count == encoders)
        #expect(model.textEncoders.map(\.tokenizerName) == ["tokenizer", "tokenizer_2"].prefix(encoders).map { $0 })
        #expect(model.parts.count == encoders + 2)
        #expect(model.parts.allSatisfy { $0.parameterCount > 0 && $0.float32ByteCount == 4 * $0.parameterCount })
        // Eight latents a side, each eight pixels wide.
        #expect(model.nativePixels == 64 * 64)
        #expect(model.defaultSize(inputWidth: 1920, inputHeight: 1080) == WorkingSize(width: 88, height: 48))
    }

    @Test func storedTypesAreTold() throws {
        let parts = try Fixture("sd-tiny").model().parts
        #expect(parts.map(\.elementTypes) == [["BF16"], ["F16"], ["F16"]])
    }

    @Test func anotherAutoencoderCanBeSwappedIn() throws {
        let own = FolderFiles("\(Fixture.folder)/models/lcm/vae")
        for autoencoder in [own, Fixture.files("lcm")] {
            let model = try DiffusionModel(ModelSources(model: Fixture.files("sd-kl"), autoencoder: autoencoder))
            #expect(model.autoencoderClass == "AutoencoderTiny")
            _ = try model.imageToImageGraph(WorkingSize(width: 40, height: 24))
        }
    }

    @Test(arguments: [(41, 24), (40, 20), (0, 8), (-8, 8)])
    func sizesThatDoNotFitAreRefused(width: Int, height: Int) throws {
        let model = try Fixture("sd-kl").model()
        let error = #expect(throws: DiffusionError.self) {
            try model.imageToImageGraph(WorkingSize(width: width, height: height))
        }
        #expect(error?.code == .badRequest)
    }

    /// A fixture's folder in memory, with one config changed.
    private func folder(_ name: String, _ path: String, _ change: [String: Any]) throws -> EmbeddedFiles {
        let root = URL(filePath: "\(Fixture.folder)/models/\(name)")
        var files: [String: [UInt8]] = [:]
        let all = try #require(FileManager.default.subpaths(atPath: root.path))
        for file in all where file.hasSuffix(".json") || file.hasSuffix(".safetensors") {
            files[file] = Array(try Data(contentsOf: root.appending(path: file)))
        }
        let old = try JSONSerialization.jsonObject(with: Data(try #require(files[path]))) as? [String: Any]
        let new = try #require(old).merging(change) { _, new in new }
        files[path] = Array(try JSONSerialization.data(withJSONObject: new))
        return EmbeddedFiles(files)
    }

    @Test(arguments: [
        ("unet", "act_fn", "mish" as any Sendable), ("unet", "down_block_types", ["DownBlock2D"]),
        ("unet", "mid_block_type", "UNetMidBlock2DSimpleCrossAttn"), ("unet", "class_embed_type", "timestep"),
        ("unet", "num_attention_heads", 4), ("unet", "time_embedding_type", "fourier"), ("unet", "norm_num_groups", 0),
        ("unet", "dual_cross_attention", true), ("unet", "addition_embed_type", "image"),
        ("unet", "layers_per_block", -1), ("unet", "layers_per_block", [1, 0, 1]),
        ("unet", "attention_head_dim", [1, 2]), ("unet", "block_out_channels", [Int]()),
        ("unet", "resnet_time_scale_shift", "spatial"), ("unet", "transformer_layers_per_block", [1, 2]),
        ("unet", "cross_attention_dim", 1 << 40), ("vae", "latent_channels", 0), ("vae", "shift_factor", 0.1),
        ("vae", "up_block_types", ["AttnUpDecoderBlock2D"]), ("vae", "_class_name", "AsymmetricAutoencoderKL"),
        ("text_encoder", "hidden_act", "swiglu"), ("text_encoder", "num_attention_heads", 3),
        ("text_encoder", "model_type", "t5"),
    ])
    func configsThatCannotBeHonouredNameTheirKey(part: String, key: String, value: any Sendable) throws {
        let files = try folder("sd-kl", "\(part)/config.json", [key: value])
        let error = #expect(throws: (any Error).self) { try DiffusionModel(ModelSources(model: files)) }
        let text = "\(error.map { "\($0)" } ?? "")"
        #expect(text.contains(key) && text.contains("\(part)/config.json"), "\(text)")
    }

    /// A config that asks for other tensors than there are, and one that leaves some over.
    @Test func weightsThatDoNotBelongToTheConfigNameTheTensor() throws {
        let size = WorkingSize(width: 40, height: 24)
        let wider = try DiffusionModel(
            ModelSources(model: folder("sd-kl", "unet/config.json", ["time_embedding_dim": 32])))
        var error = #expect(throws: WeightsError.self) { try wider.imageToImageGraph(size) }
        #expect(error?.code == .mismatch && error?.location.tensor == "time_embedding.linear_1.weight")

        let deeper = try DiffusionModel(
            ModelSources(model: folder("sd-kl", "unet/config.json", ["layers_per_block": 2])))
        error = #expect(throws: WeightsError.self) { try deeper.imageToImageGraph(size) }
        #expect(error?.location.tensor?.contains("resnets.1") == true)

        let shorter = try DiffusionModel(
            ModelSources(model: folder("sd-kl", "text_encoder/config.json", ["num_hidden_layers": 2])))
        error = #expect(throws: WeightsError.self) { try shorter.textEncoders[0].graph() }
        #expect(error?.code == .leftOverTensor && error?.location.tensor?.contains("layers.2") == true)
    }

    @Test func partsOfDifferentModelsAreRefused() throws {
        let narrow = try folder("sd-kl", "unet/config.json", ["cross_attention_dim": 20])
        var error = #expect(throws: (any Error).self) { try DiffusionModel(ModelSources(model: narrow)) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("cross_attention_dim"))
        // A UNet of SDXL's kind in a folder that has one text encoder.
        error = #expect(throws: (any Error).self) {
            try DiffusionModel(ModelSources(model: Fixture.files("sd-kl"), unet: Fixture.files("sdxl")))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("text_encoder_2"))
    }

    @Test func aFolderThatIsNoModelSaysSo() {
        let error = #expect(throws: DiffusionError.self) {
            try DiffusionModel(ModelSources(model: FolderFiles(Fixture.folder)))
        }
        #expect(error?.description.contains("model_index.json") == true)
    }

    @Test(arguments: [(2, [5, 9, 300, 9, 300], 2), (49407, [5, 7, 49407, 49407], 2), (9, [1, 2], 0)])
    func theEndTokenIsFoundAsTransformersFindsIt(end: Int, ids: [Int64], position: Int64) throws {
        let files = try folder("sd-kl", "text_encoder/config.json", ["eos_token_id": end])
        #expect(try DiffusionModel(ModelSources(model: files)).textEncoders[0].endPosition(in: ids) == position)
    }
}
