import Diffusion
import Foundation
import Graph
import ModelLoading
import Settings
import TestTools
import Testing
import Weights

/// A model as one file in the original layout, and as a folder of diffusers'.
@Suite struct SingleFileTests {
    private typealias Tensor = (name: String, shape: [Int], values: [Float])
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "WeightsTests/Fixtures")
    private static let clip = """
        "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, "max_position_embeddings": 77, "vocab_size": 524,
        "num_attention_heads": 1, "layer_norm_eps": 1e-05, "model_type": "clip_text_model"
        """

    /// Numbers that neither saturate a picture nor vanish in it.
    private static func fill(_ name: String, _ shape: [Int], index: Int) -> [Float] {
        let count = shape.reduce(1, *)
        let isNorm = shape.count <= 1 && name.hasSuffix("weight")
        let isTable = name.hasSuffix("embedding.weight") || name.hasSuffix("positional_embedding")
        let inputs = isTable ? 4 : max(shape.dropFirst().reduce(1, *), 1)
        var state = UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let uniform = Float(state >> 40) / Float(1 << 23) - 1
            if shape.count <= 1 { return (isNorm ? 1 : 0) + 0.1 * uniform }
            return uniform * 1.5 / Float(inputs).squareRoot()
        }
    }

    /// The original's file with the names and shapes that `make_fixtures.py` wrote, and what diffusers' own
    /// configurations say of the parts.
    private func write(_ family: String, in folder: TemporaryFolder) throws -> (file: String, configs: [String: Any]) {
        let json = try Data(contentsOf: Self.fixtures.appending(path: "checkpoint-\(family).json"))
        let fixture = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        let original = try #require(fixture["original"] as? [[Any]])
        let tensors: [Tensor] = try original.enumerated().map { index, entry in
            let (name, shape) = (try #require(entry[0] as? String), try #require(entry[1] as? [Int]))
            return (name, shape, Self.fill(name, shape, index: index))
        }
        return (
            try folder.write("\(family).safetensors", tensors: tensors),
            try #require(fixture["configs"] as? [String: Any])
        )
    }

    /// The same model as published folders are: with diffusers' configurations, not those worked out from shapes.
    private func writeFolder(
        _ family: String, _ file: String, _ configs: [String: Any], in folder: TemporaryFolder
    ) throws {
        let isLarge = family == "extraLarge"
        let checkpoint = try CheckpointFiles(DiskFile(file))
        for part in ["unet", "vae", "text_encoder"] + (isLarge ? ["text_encoder_2"] : []) {
            let store = try checkpoint.weights(part, variant: nil)
            let tensors: [Tensor] = try store.names.map { name in
                let tensor = try #require(store[name])
                let values = try tensor.bytes().withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
                return (name, tensor.shape.dimensions, values)
            }
            let isEncoder = part.hasPrefix("text_encoder")
            _ = try folder.write(
                "\(family)/\(part)/\(isEncoder ? "model" : "diffusion_pytorch_model").safetensors", tensors: tensors)
        }
        func config(_ part: String, _ values: [String: Any]) throws {
            let bytes = Array(try JSONSerialization.data(withJSONObject: values))
            try folder.write("\(family)/\(part)", bytes)
        }
        func config(_ part: String, text: String) throws { try folder.write("\(family)/\(part)", Array(text.utf8)) }
        try config("unet/config.json", try #require(configs["unet"] as? [String: Any]))
        let vae = try #require(configs["vae"] as? [String: Any])
        let scaling = isLarge ? 0.13025 : 0.18215
        try config("vae/config.json", vae.merging(["scaling_factor": scaling, "_class_name": "AutoencoderKL"]) { $1 })
        let (hidden, layers) = family == "two" ? (24, 2) : (16, 2)
        try config(
            "text_encoder/config.json",
            text: """
                {"hidden_size": \(hidden), "intermediate_size": \(2 * hidden), "num_hidden_layers": \(layers),
                "hidden_act": "\(family == "two" ? "gelu" : "quick_gelu")", \(Self.clip)}
                """)
        if isLarge {
            try config(
                "text_encoder_2/config.json",
                text: """
                    {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 10, "hidden_act": "gelu",
                    "projection_dim": 8, \(Self.clip)}
                    """)
        }
        try config(
            "scheduler/scheduler_config.json",
            text: """
                {"_class_name": "Euler\(isLarge ? "Ancestral" : "")DiscreteScheduler", "beta_end": 0.012,
                "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
                "prediction_type": "epsilon", "steps_offset": 1, "timestep_spacing": "trailing"}
                """)
        try config("model_index.json", text: "{}")
    }

    @Test(arguments: ["one", "two", "extraLarge", "small", "uneven"])
    func theFileAndTheFolderMakeTheSamePicture(_ family: String) throws {
        let engine = try TestModel.engine(EngineChoice(.openvino))
        let folder = try TemporaryFolder()
        let (file, configs) = try write(family, in: folder)
        try writeFolder(family, file, configs, in: folder)
        let pictures = try [file, "\(folder.path)/\(family)"].map { place in
            var choice = ModelChoice(model: place)
            choice.tokenizer = "\(TestModel.folder)/sdxl"
            return try TestModel.picture(choice.open(), on: engine, width: 48, height: 32, steps: 2)
        }
        #expect(pictures[0] == pictures[1])
        let mean = pictures[0].reduce(0.0) { $0 + Double($1) } / Double(pictures[0].count)
        let variance = pictures[0].reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        #expect(variance / Double(pictures[0].count) > 100, "a picture that shows nothing")
    }

    private func picture(_ change: (inout ModelChoice) -> Void, _ file: String, _ engine: any Engine) throws -> [UInt8]
    {
        var choice = ModelChoice(model: file)
        choice.tokenizer = "\(TestModel.folder)/sdxl"
        change(&choice)
        return try TestModel.picture(choice.open(), on: engine, width: 48, height: 32)
    }

    /// The file's tensors, renamed or left out.
    private func write(
        _ name: String, in folder: TemporaryFolder, _ renamed: (String) -> String?, adding: [String] = []
    ) throws -> String {
        let json = try Data(contentsOf: Self.fixtures.appending(path: "checkpoint-one.json"))
        let fixture = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        let original = try #require(fixture["original"] as? [[Any]])
        let tensors: [Tensor] = try original.enumerated().compactMap { index, entry in
            let (name, shape) = (try #require(entry[0] as? String), try #require(entry[1] as? [Int]))
            return renamed(name).map { ($0, shape, Self.fill(name, shape, index: index)) }
        }
        return try folder.write(name, tensors: tensors + adding.map { ($0, [0], []) })
    }

    /// An autoencoder and a UNet in the original layout, into a checkpoint that has neither.
    @Test func partsInTheOriginalLayoutAreSwappedIn() throws {
        let engine = try TestModel.engine(EngineChoice(.openvino))
        let folder = try TemporaryFolder()
        let (vae, unet) = ("first_stage_model.", "model.diffusion_model.")
        let whole = try write("whole.safetensors", in: folder, { $0 })
        let bare = try write("bare.safetensors", in: folder, { $0.hasPrefix(vae) || $0.hasPrefix(unet) ? nil : $0 })
        let autoencoder = try write(
            "vae.safetensors", in: folder, { $0.hasPrefix(vae) ? String($0.dropFirst(vae.count)) : nil })
        let network = try write("unet.safetensors", in: folder, { $0.hasPrefix(unet) ? $0 : nil })
        let expected = try picture({ _ in }, whole, engine)
        #expect(try picture({ ($0.vae, $0.unet) = (autoencoder, network) }, bare, engine) == expected)
        #expect(try picture({ ($0.vae, $0.unet) = (whole, whole) }, bare, engine) == expected)
        let error = #expect(throws: WeightsError.self) { try picture({ $0.unet = network }, bare, engine) }
        #expect(error?.message.contains("--vae") == true)
        // A marked UNet predicts velocity, in a checkpoint and by itself, unless told otherwise.
        let marked = try write("marked.safetensors", in: folder, { $0 }, adding: ["v_pred", "ztsnr"])
        let velocity = try picture({ _ in }, marked, engine)
        #expect(velocity != expected)
        #expect(try picture({ $0.unet = marked }, whole, engine) == velocity)
        let asked = try picture(
            {
                $0.unet = network
                $0.predictionType = .velocity
            }, whole, engine)
        #expect(asked != expected && asked != velocity, "zero terminal SNR has other noise levels")
    }

    @Test func aFileWithoutATokenizerSaysWhatToDo() throws {
        let folder = try TemporaryFolder()
        let (file, _) = try write("one", in: folder)
        let opened = try ModelChoice(model: file).open()
        let error = #expect(throws: WeightsError.self) {
            try TestModel.picture(opened, on: EngineChoice(.reference).make(), width: 16, height: 16)
        }
        #expect(error?.code == .notFound && error?.message.contains("--tokenizer") == true)
    }
}
