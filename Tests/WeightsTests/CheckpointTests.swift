import Basics
import Graph
import Testing

@testable import Weights

@Suite struct CheckpointTests {
    private func fixture(_ family: String) throws -> PartConfig {
        try PartConfig("checkpoint-\(family).json", of: FolderFiles(Fixtures.folder))
    }

    /// The original's names and shapes.
    private func original(_ fixture: PartConfig) throws -> [(name: String, shape: Shape)] {
        guard case .array(let entries) = fixture.members["original"]?.content else { return [] }
        return try entries.map { entry in
            guard case .array(let pair) = entry.content, case .string(let name) = pair[0].content,
                let shape = [Int](configuration: pair[1])
            else { throw fixture.error("original", "is not a list of names and shapes") }
            return (name, Shape(shape))
        }
    }

    /// - Parameter isFilled: with the fixture's numbers, or with zeros where only names and shapes matter.
    private func file(_ tensors: [(name: String, shape: Shape)], isFilled: Bool = false) -> MemoryFile {
        var entries: [String] = []
        var data: [UInt8] = []
        for (index, tensor) in tensors.enumerated() {
            let start = data.count
            if isFilled {
                let bits = (0..<tensor.shape.elementCount).map { UInt16((17 * index + $0) % 30000) }
                bits.withUnsafeBytes { data += $0 }
            } else {
                data += [UInt8](repeating: 0, count: 2 * tensor.shape.elementCount)
            }
            entries.append(
                "\"\(tensor.name)\":{\"dtype\":\"F16\",\"shape\":\(tensor.shape),"
                    + "\"data_offsets\":[\(start),\(data.count)]}")
        }
        return MemoryFile(
            name: "x.safetensors", bytes: SafetensorsBuilder.file("{\(entries.joined(separator: ","))}", data))
    }

    @Test(arguments: ["one", "two", "extraLarge", "small", "uneven"])
    func tensorsEqualDiffusersConversionToTheBit(_ family: String) throws {
        let fixture = try fixture(family)
        let files = try CheckpointFiles(file(try original(fixture), isFilled: true))
        let parts = try #require(try fixture.section("diffusers"))
        #expect(parts.members.count == (family == "extraLarge" ? 4 : 3))
        for (part, value) in parts.members {
            guard case .array(let expected) = value.content, case .integer(let count) = expected[0].content,
                case .string(let digest) = expected[1].content
            else {
                Issue.record("\(part) is not a count and a checksum")
                continue
            }
            let store = try WeightStore.open(part, of: files)
            #expect(store.names.count == count, "\(part)")
            var checksum = Checksum()
            for name in store.names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                let tensor = try #require(store[name])
                Array("\(name) \(tensor.shape)\n".utf8).withUnsafeBytes { checksum.update($0) }
                try tensor.bytes().withUnsafeBytes { checksum.update($0) }
            }
            #expect(checksum.value == UInt64(digest, radix: 16), "\(part)")
        }
    }

    @Test(arguments: ["one", "two", "extraLarge"])
    func configurationsAreWorkedOutFromShapes(_ family: String) throws {
        let fixture = try fixture(family)
        let files = try CheckpointFiles(file(try original(fixture)))
        let expected = try #require(try fixture.section("configs"))
        let unet = try #require(try expected.section("unet"))
        let found = try PartConfig("unet/config.json", of: files)
        for key in ["layers_per_block", "cross_attention_dim", "in_channels", "out_channels"] {
            #expect(try found.value(key, as: Int.self) == unet.value(key, as: Int.self), "\(key)")
        }
        #expect(try found.value("block_out_channels") == unet.value("block_out_channels", as: [Int].self))
        for key in ["down_block_types", "up_block_types"] {
            #expect(try found.value(key) == unet.value(key, as: [String].self))
        }
        let levels = try unet.value("block_out_channels", as: [Int].self).count
        for key in ["attention_head_dim", "transformer_layers_per_block"] {
            // Levels without attention have no depth, and their heads do not matter.
            let blocks = try unet.value("down_block_types", as: [String].self)
            let (one, other) = (
                try found.values(key, count: levels, default: 1), try unet.values(key, count: levels, default: 1)
            )
            for level in 0..<levels where blocks[level].hasPrefix("CrossAttn") { #expect(one[level] == other[level]) }
        }
        #expect(try found.value("use_linear_projection", as: Bool.self) == unet.value("use_linear_projection"))
        let key = "projection_class_embeddings_input_dim"
        #expect(try found.optional(key, as: Int.self) == unet.optional(key))
        #expect(
            try found.optional("addition_embed_type", as: String.self)
                == (unet.has(key) ? unet.value("addition_embed_type") : nil))
        let vae = try #require(try expected.section("vae"))
        let autoencoder = try PartConfig("vae/config.json", of: files)
        #expect(try autoencoder.value("block_out_channels") == vae.value("block_out_channels", as: [Int].self))
        #expect(try autoencoder.value("layers_per_block") == vae.value("layers_per_block", as: Int.self))
        #expect(try autoencoder.value("latent_channels") == vae.value("latent_channels", as: Int.self))
        for part in ["text_encoder", "scheduler", "text_encoder_2"]
        where part != "text_encoder_2" || family == "extraLarge" {
            let name = part == "scheduler" ? "scheduler_config" : "config"
            #expect(try !PartConfig("\(part)/\(name).json", of: files).members.isEmpty)
        }
        #expect(try PartConfig("model_index.json", of: files).has("unet"))
    }

    /// No middle block or a bare one, no attention in the first level, depths that differ within a level.
    @Test(arguments: ["small", "uneven"])
    func whatTheMiddleAndTheTransformersAreIsWorkedOut(_ family: String) throws {
        let fixture = try fixture(family)
        let found = try PartConfig("unet/config.json", of: CheckpointFiles(file(try original(fixture))))
        let unet = try #require(try fixture.section("configs")?.section("unet"))
        #expect(found.members["mid_block_type"]?.kind == unet.members["mid_block_type"]?.kind)
        #expect(try found.optional("mid_block_type", as: String.self) == unet.optional("mid_block_type"))
        for key in ["down_block_types", "up_block_types"] {
            #expect(try found.value(key) == unet.value(key, as: [String].self))
        }
        for key in ["cross_attention_dim", "layers_per_block"] {
            #expect(try found.value(key, as: Int.self) == unet.value(key, as: Int.self))
        }
        if family == "uneven" {
            for key in ["transformer_layers_per_block", "reverse_transformer_layers_per_block"] {
                #expect(try found.value(key) == unet.value(key, as: [[Int]].self), "\(key)")
            }
        }
    }

    @Test func partsThatTheFileLacksAreOnlyMissedWhenAskedFor() throws {
        let tensors = try original(fixture("one"))
        for (part, prefix, option) in [
            ("vae", "first_stage_model.", "--vae"), ("unet", "model.diffusion_model.", "--unet"),
        ] {
            let files = try CheckpointFiles(file(tensors.filter { !$0.name.hasPrefix(prefix) }))
            #expect(!files.exists("\(part)/config.json") && files.exists("text_encoder/config.json"))
            for error in [
                #expect(throws: WeightsError.self) { try files.read("\(part)/config.json") },
                #expect(throws: WeightsError.self) { try files.weights(part, variant: nil) },
            ] {
                #expect(error?.code == .notFound && error?.message.contains(option) == true)
            }
        }
    }

    @Test func markersSayHowTheUNetWasTrained() throws {
        var tensors = try original(fixture("one"))
        let plain = try PartConfig("scheduler/scheduler_config.json", of: CheckpointFiles(file(tensors)))
        #expect(
            try plain.value("prediction_type") == "epsilon" && !plain.value("rescale_betas_zero_snr", as: Bool.self))
        tensors += [(name: "v_pred", shape: [0]), (name: "ztsnr", shape: [0])]
        let marked = try PartConfig("scheduler/scheduler_config.json", of: CheckpointFiles(file(tensors)))
        #expect(try marked.value("prediction_type") == "v_prediction")
        #expect(try marked.value("rescale_betas_zero_snr", as: Bool.self))
    }

    /// By itself, with its prefix, and out of the whole checkpoint.
    @Test(arguments: [("unet", "model.diffusion_model."), ("vae", "first_stage_model.")])
    func onePartIsReadFromTheOriginalLayout(_ part: String, _ prefix: String) throws {
        let tensors = try original(fixture("two"))
        let whole = try CheckpointFiles(file(tensors, isFilled: true))
        let own = tensors.filter { $0.name.hasPrefix(prefix) }
        let bare = own.map { (name: String($0.name.dropFirst(prefix.count)), shape: $0.shape) }
        for tensors in [tensors, own, bare] {
            let files = try PartWeightsFile(file(tensors), part: part, of: whole)
            let found = try WeightStore.open("", of: files)
            #expect(found.names == (try WeightStore.open(part, of: whole)).names)
            let config = try PartConfig("config.json", of: files)
            let expected = try PartConfig("\(part)/config.json", of: whole)
            #expect(Set(config.members.keys) == Set(expected.members.keys))
            #expect(
                try config.value("block_out_channels", as: [Int].self)
                    == expected.value("block_out_channels", as: [Int].self))
        }
        // What the weights do not tell stays the model's own.
        let model = EmbeddedFiles([
            "vae/config.json": Array(#"{"scaling_factor": 0.5, "force_upcast": false, "latents_mean": [1]}"#.utf8),
            "unet/config.json": Array(#"{"sample_size": 96}"#.utf8),
        ])
        let config = try PartConfig("config.json", of: PartWeightsFile(file(bare), part: part, of: model))
        if part == "vae" {
            #expect(try config.value("scaling_factor", as: Double.self) == 0.5)
            #expect(try !config.value("force_upcast", as: Bool.self))
        } else {
            #expect(try config.value("sample_size", as: Int.self) == 96)
        }
    }

    @Test(arguments: [
        (#"{"_class_name": "AutoencoderTiny", "scaling_factor": 1}"#, "{}", 0.18215),
        (#"{"_class_name": "AutoencoderTiny"}"#, #"{"addition_embed_type": "text_time"}"#, 0.13025),
    ])
    func anAutoencoderOfAnotherClassScalesAsItsFamilyDoes(_ vae: String, _ unet: String, _ factor: Double) throws {
        let prefix = "first_stage_model."
        let tensors = try original(fixture("one")).filter { $0.name.hasPrefix(prefix) }
        let model = EmbeddedFiles(["vae/config.json": Array(vae.utf8), "unet/config.json": Array(unet.utf8)])
        let config = try PartConfig("config.json", of: PartWeightsFile(file(tensors), part: "vae", of: model))
        #expect(try config.value("scaling_factor", as: Double.self) == factor)
        #expect(try config.value("_class_name") == "AutoencoderKL")
    }

    @Test func whatIsNoCheckpointIsRefused() throws {
        var other = SafetensorsBuilder()
        other.add("weight", [1], [1])
        let error = #expect(throws: WeightsError.self) {
            try CheckpointFiles(MemoryFile(name: "x", bytes: other.file))
        }
        #expect(error?.code == .unsupported)
    }

    @Test(arguments: [
        "model.diffusion_model.", "model.diffusion_model.input_blocks.", "model.diffusion_model.input_blocks.99999.0.x",
        "model.diffusion_model.output_blocks.9223372036854775807.1.x",
        "first_stage_model.decoder.up.9223372036854775807.x",
        "cond_stage_model.model.transformer.resblocks.x", "control_model.input_blocks.0.0.weight", "stranger",
    ])
    func tensorsWithoutAPlaceAreNamed(_ name: String) throws {
        let tensors = ["cond_stage_model.model.positional_embedding", name].map { (name: $0, shape: Shape([1])) }
        let error = #expect(throws: WeightsError.self) { try CheckpointFiles(file(tensors)) }
        #expect(error?.code == .leftOverTensor && error?.location.tensor == name)
    }

    @Test func theTokenizerComesFromElsewhere() throws {
        let tensors = try original(fixture("one"))
        let bare = try CheckpointFiles(file(tensors))
        let error = #expect(throws: WeightsError.self) { try bare.read("tokenizer/vocab.json") }
        #expect(error?.code == .notFound && error?.message.contains("--tokenizer") == true)
        let other = EmbeddedFiles(["tokenizer/vocab.json": [1], "unet/config.json": [2]])
        let files = try CheckpointFiles(file(tensors), tokenizer: other)
        #expect(try files.read("tokenizer/vocab.json") == [1] && files.exists("tokenizer/vocab.json"))
        #expect(try files.read("unet/config.json") != [2])
    }
}
