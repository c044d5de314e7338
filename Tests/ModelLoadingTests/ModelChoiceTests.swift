import Diffusion
import Foundation
import Graph
import ModelLoading
import Settings
import TestTools
import Testing
import Weights

/// What `--model` and the options beside it may name.
@Suite struct ModelChoiceTests {
    private let commit = "0123456789abcdef0123456789abcdef01234567"
    private let layer = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"

    private func choice(_ name: String = "sd-kl") -> ModelChoice { ModelChoice(model: "\(TestModel.folder)/\(name)") }

    /// A cache that holds the tiny SDXL as huggingface_hub would have left it.
    private func cache() throws -> (TemporaryFolder, [String: String]) {
        let folder = try TemporaryFolder()
        let model = "hub/models--stabilityai--sdxl-turbo"
        try folder.write("\(model)/refs/main", Array(commit.utf8))
        try folder.write("\(model)/snapshots/.keep", [])
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/\(model)/snapshots/\(commit)", withDestinationPath: "\(TestModel.folder)/sdxl")
        return (folder, ["HF_HOME": folder.path])
    }

    @Test(arguments: ["stabilityai/sdxl-turbo", "stabilityai/sdxl-turbo@main", "stabilityai/sdxl-turbo@0123456"])
    func namesInTheCacheAreOpened(_ name: String) throws {
        let (folder, environment) = try cache()
        let opened = try withExtendedLifetime(folder) { try ModelChoice(model: name).open(environment: environment) }
        #expect(opened.model.family == .stableDiffusionXL && opened.tokenizers.exists("tokenizer_2/vocab.json"))
    }

    @Test(arguments: [
        ("stabilityai/sd-turbo", "restyled models pull stabilityai/sd-turbo"),
        ("stabilityai/sdxl-turbo@v9", "no revision 'v9' of it, only main"), ("/nowhere/at/all", "no such model"),
        ("/nowhere/x.safetensors", "no such file"), ("", "no such model"),
    ])
    func whatIsMissingIsASentence(_ name: String, _ sentence: String) throws {
        let (folder, environment) = try cache()
        let error = withExtendedLifetime(folder) {
            #expect(throws: WeightsError.self) { try ModelChoice(model: name).open(environment: environment) }
        }
        #expect(error?.code == .notFound && error?.message.contains(sentence) == true, "\(String(describing: error))")
    }

    @Test func picklesAreRefusedAsModelsAndAsUNets() throws {
        let folder = try TemporaryFolder()
        let zip = try folder.write("model.ckpt", [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 20))
        let pickle = try folder.write("unet.bin", [0x80, 2] + [UInt8](repeating: 0, count: 20))
        var unet = choice()
        unet.unet = pickle
        for choice in [ModelChoice(model: zip), unet] {
            let error = #expect(throws: WeightsError.self) { try choice.open() }
            #expect(error?.code == .unsupported && error?.message.contains("pickle") == true)
        }
    }

    @Test func partsAreSwappedInFromFoldersModelsAndFiles() throws {
        let engine = try EngineChoice(.reference).make()
        let own = try TestModel.picture(choice().open(), on: engine, width: 40, height: 24)
        var swapped = choice()
        swapped.unet = "\(TestModel.folder)/sd-kl/unet/diffusion_pytorch_model.safetensors"
        swapped.vae = "\(TestModel.folder)/sd-kl/vae"
        swapped.scheduler = "\(TestModel.folder)/sd-kl"
        swapped.tokenizer = "\(TestModel.folder)/sd-kl"
        #expect(try TestModel.picture(swapped.open(), on: engine, width: 40, height: 24) == own)
        swapped.vae = "\(TestModel.folder)/lcm"
        let opened = try swapped.open()
        #expect(opened.model.autoencoderClass == "AutoencoderTiny")
        #expect(try TestModel.picture(opened, on: engine, width: 40, height: 24) != own)
    }

    /// up · down for a layer of the tiny model, [4, 4].
    private func lora(_ folder: TemporaryFolder, _ name: String, _ keys: [String], of shape: [Int]) throws -> String {
        try folder.write(
            name,
            tensors: keys.map { key in
                let isUp = key.contains("lora_B") || key.contains("lora_up")
                let isAlpha = key.hasSuffix("alpha")
                let extent = isAlpha ? [] : isUp ? [shape[0], 2] : [2, shape[1]]
                let count = extent.reduce(1, *)
                return (key, extent, isAlpha ? [2] : (0..<count).map { Float($0 % 5) - 1.5 })
            })
    }

    /// The layer's weight, from the model's own file.
    private func shape(_ layer: String) throws -> [Int] {
        let files = FolderFiles("\(TestModel.folder)/sd-kl")
        return try #require(try WeightStore.open("unet", of: files)["\(layer).weight"]).shape.dimensions
    }

    @Test func loraChangesThePictureAndBothKeyStylesAreOne() throws {
        let engine = try EngineChoice(.reference).make()
        let folder = try TemporaryFolder()
        let shape = try shape(layer)
        let diffusers = try lora(
            folder, "a.safetensors", ["unet.\(layer).lora_A.weight", "unet.\(layer).lora_B.weight"], of: shape)
        let flat = "lora_unet_" + layer.replacingOccurrences(of: ".", with: "_")
        let kohya = try lora(
            folder, "b.safetensors", ["\(flat).lora_down.weight", "\(flat).lora_up.weight", "\(flat).alpha"], of: shape)
        func picture(_ loras: [String], unet: String? = nil) throws -> [UInt8] {
            var choice = choice()
            (choice.loras, choice.unet) = (loras, unet)
            return try TestModel.picture(choice.open(), on: engine, width: 40, height: 24)
        }
        let plain = try picture([])
        let merged = try picture([diffusers])
        #expect(merged != plain)
        #expect(try picture([kohya]) == merged)
        #expect(try picture([diffusers + ":0.5", kohya + ":0.5"]) == merged)
        #expect(try picture([diffusers + ":0"]) == plain)
        // Merged into whatever UNet is used, wherever it comes from.
        #expect(try picture([diffusers], unet: "\(TestModel.folder)/sd-kl/unet") == merged)
    }

    @Test(arguments: [
        (
            ["unet.LAYER.lora_A.weight", "unet.LAYER.lora_B.weight", "unet.LAYER.dora_scale"], "one length",
            "dora_scale"
        ),
        (["unet.nowhere.lora_A.weight", "unet.nowhere.lora_B.weight"], "no layer for it", "unet.nowhere.lora_A"),
        (["lora_te2_x.lora_down.weight", "lora_te2_x.lora_up.weight"], "no text_encoder_2", "lora_te2_x.lora_down"),
    ])
    func loraKeysThatDoNotFitAreNamed(_ keys: [String], _ reason: String, _ key: String) throws {
        let folder = try TemporaryFolder()
        let keys = keys.map { $0.replacingOccurrences(of: "LAYER", with: layer) }
        var choice = choice()
        choice.loras = [try lora(folder, "a.safetensors", keys, of: shape(layer)) + ":0.5"]
        let error = #expect(throws: WeightsError.self) { try choice.open() }
        #expect(error?.message.contains(reason) == true && error?.location.tensor?.contains(key) == true)
    }
}
