import Basics
import Graph
import TestTools
import Testing

@testable import Weights

@Suite struct LoRATests {
    private let files = FolderFiles(Fixtures.folder)

    /// The small UNet's layers, with the numbers that `make_fixtures.py` gave them.
    private func model() throws -> EmbeddedFiles {
        let fixture = try PartConfig("lora.json", of: files)
        guard case .array(let layers) = fixture.members["layers"]?.content else {
            throw fixture.error("layers", "is missing")
        }
        var builder = SafetensorsBuilder()
        for (index, layer) in layers.enumerated() {
            guard case .array(let pair) = layer.content, case .string(let name) = pair[0].content,
                let shape = [Int](configuration: pair[1]).map(Shape.init)
            else { continue }
            let values = (0..<shape.elementCount).map { Float($0 * (7 + index) % 2001 - 1000) / 1000 }
            builder.add(name + ".weight", shape, values)
        }
        // What tells how many layers a level has.
        for layer in 0..<2 { builder.add("down_blocks.0.resnets.\(layer).conv1.bias", [1], [0]) }
        return EmbeddedFiles([
            "unet/diffusion_pytorch_model.safetensors": builder.file
        ])
    }

    @Test(arguments: ["peft", "kohya", "original", "metadata", "dora"])
    func mergedWeightsEqualDiffusers(_ style: String) throws {
        let lora = try LoRAFile(files.open("lora-\(style).safetensors"), scale: 0.5)
        let store = try WeightStore.open("unet", of: model()).merging([lora], into: "unet")
        let merged = try #require(try PartConfig("lora.json", of: files).section("merged")?.section(style))
        #expect(merged.members.count == 8)
        for name in merged.members.keys {
            let tensor = try #require(store[name])
            let values = try tensor.bytes().withUnsafeBytes { $0.bindMemory(to: Float.self).map(Double.init) }
            let expected = try merged.value(name, as: [Double].self)
            let found = [
                values.reduce(0, +), values.reduce(0) { $0 + abs($1) }, values[0], values[values.count - 1],
            ]
            for (one, other) in zip(found, expected) {
                #expect(abs(one - other) <= 1e-5 * max(1, expected[1] / 100), "\(name): \(found), not \(expected)")
            }
        }
    }

    @Test func severalAreAddedAndHalvesAreWidened() throws {
        var model = SafetensorsBuilder()
        model.add("a.weight", [2, 2], [1, 2, 3, 4], as: .bf16)
        var one = SafetensorsBuilder()
        one.add("unet.a.lora_A.weight", [1, 2], [1, 2], as: .f16)
        one.add("unet.a.lora_B.weight", [2, 1], [1, -1], as: .bf16)
        one.add("unet.a.alpha", [], [2])
        let files = EmbeddedFiles([
            "unet/model.safetensors": model.file, "one": one.file,
        ])
        let lora = try LoRAFile(files.open("one"), scale: 0.25)
        let store = try WeightStore.open("unet", of: files).merging([lora, lora], into: "unet")
        let tensor = try #require(store["a.weight"])
        #expect(tensor.elementType == .f32 && tensor.shape == [2, 2])
        #expect(try tensor.bytes() == [Float(2), 4, 2, 2].withUnsafeBytes { Array($0) })
    }

    @Test(
        arguments: [
            ("unet.a.dora_scale", WeightsError.Code.malformed, "unet.a.dora_scale"),
            (
                "unet.wide.lora_A.weight unet.wide.lora_B.weight unet.wide.dora_scale", .mismatch,
                "unet.wide.lora_A.weight"
            ),
            ("lora_unet_a.hada_w1_a", .unsupported, "lora_unet_a.hada_w1_a"),
            ("lora_unet_a.lokr_w1", .unsupported, "lora_unet_a.lokr_w1"),
            ("unet.a.lora_magnitude_vector.weight", .malformed, "unet.a.lora_magnitude_vector.weight"),
            ("lora_unet_a.lora_mid.weight", .unsupported, "lora_unet_a.lora_mid.weight"),
            ("unet.a.weight", .leftOverTensor, "unet.a.weight"),
            ("unet.a.lora_A.weight", .malformed, "unet.a.lora_A.weight"),
            ("unet.a.alpha", .malformed, "unet.a.alpha"),
            ("unet.a.lora_A.weight lora_unet_b.lora_up.weight", .malformed, nil),
            ("unet.b.lora_A.weight unet.b.lora_B.weight", .leftOverTensor, "unet.b.lora_A.weight"),
            (
                "lora_unet_b.lora_down.weight lora_unet_b.lora_up.weight", .leftOverTensor,
                "lora_unet_b.lora_down.weight"
            ),
            ("lora_te2_a.lora_down.weight lora_te2_a.lora_up.weight", .leftOverTensor, "lora_te2_a.lora_down.weight"),
            (
                "unet.a.lora_A.weight unet.a.lora.down.weight unet.a.lora_B.weight", .malformed,
                "unet.a.lora.down.weight"
            ),
            ("unet.wide.lora_A.weight unet.wide.lora_B.weight", .mismatch, "unet.wide.lora_A.weight"),
        ] as [(String, WeightsError.Code, String?)])
    func keysThatCannotBeMergedAreNamed(_ names: String, _ code: WeightsError.Code, _ tensor: String?) throws {
        var model = SafetensorsBuilder()
        model.add("a.weight", [1, 1], [1])
        model.add("wide.weight", [1, 2], [1, 2])
        var lora = SafetensorsBuilder()
        for name in names.split(separator: " ") { lora.add(String(name), [1, 1], [1]) }
        let files = EmbeddedFiles([
            "unet/model.safetensors": model.file, "lora": lora.file,
        ])
        let error = #expect(throws: WeightsError.self) {
            let lora = try LoRAFile(files.open("lora"))
            try lora.requireParts(["unet", "text_encoder"])
            _ = try WeightStore.open("unet", of: files).merging([lora], into: "unet")
        }
        #expect(error?.code == code, "\(String(describing: error))")
        if let tensor { #expect(error?.location.tensor == tensor) }
    }

    @Test func olderKeysOfProcessorsMeanTheLayer() throws {
        let location = WeightsError.Location()
        let key = try LoRAKey("unet.mid_block.attn1.processor.to_out_lora.down.weight", at: location)
        #expect(key.module.path == "mid_block.attn1.to_out.0" && key.module.part == "unet" && key.role == .down)
        let text = try LoRAKey("text_encoder.text_model.x.q_proj.lora_linear_layer.up.weight", at: location)
        #expect(text.module.part == "text_encoder" && text.module.path == "text_model.x.q_proj" && text.role == .up)
    }

    @Test func scaleFollowsTheFile() throws {
        let folder = try TemporaryFolder()
        var lora = SafetensorsBuilder()
        lora.add("unet.a.lora_A.weight", [1, 1], [1])
        lora.add("unet.a.lora_B.weight", [1, 1], [1])
        let path = try folder.write("a.safetensors", lora.file)
        #expect(try LoRAFile(argument: path).scale == 1)
        #expect(try LoRAFile(argument: path + ":-0.75").scale == -0.75)
        #expect(throws: WeightsError.self) { try LoRAFile(argument: path + ":inf") }
        #expect(throws: WeightsError.self) { try LoRAFile(argument: path + ":x") }
    }

    // MARK: What a file says of its strength

    private static let layer = "unet.x.attn.to_q"

    /// One layer's adapter of rank 2, whose product is 2 everywhere.
    private func adapter(_ metadata: String? = nil, alpha: [UInt8]? = nil, _ type: String = "I64") -> [UInt8] {
        var tensors = [
            (name: Self.layer + ".lora_A.weight", type: "F32", shape: "[2,2]", bytes: Self.bytes([1, 1, 1, 1])),
            (name: Self.layer + ".lora_B.weight", type: "F32", shape: "[2,2]", bytes: Self.bytes([1, 1, 1, 1])),
        ]
        if let alpha { tensors.append((Self.layer + ".alpha", type, "[]", alpha)) }
        var (entries, data): ([String], [UInt8]) = ([], [])
        if let metadata {
            let escaped = metadata.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            entries.append("\"__metadata__\":{\"lora_adapter_metadata\":\"\(escaped)\"}")
        }
        for tensor in tensors {
            let start = data.count
            data += tensor.bytes
            entries.append(
                "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),"
                    + "\"data_offsets\":[\(start),\(data.count)]}")
        }
        return SafetensorsBuilder.file("{\(entries.joined(separator: ","))}", data)
    }

    private static func bytes(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    /// What the layer's zeros become.
    private func merged(_ lora: LoRAFile) throws -> Float {
        var model = SafetensorsBuilder()
        model.add("x.attn.to_q.weight", [2, 2], [0, 0, 0, 0])
        let store = try WeightStore.open("unet", of: EmbeddedFiles(["unet/model.safetensors": model.file]))
            .merging([lora], into: "unet")
        return try #require(store["x.attn.to_q.weight"]).bytes().withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
    }

    private func merged(_ file: [UInt8]) throws -> Float { try merged(LoRAFile(MemoryFile(name: "l", bytes: file))) }

    @Test(arguments: [
        (#"{"unet.r": 2, "unet.lora_alpha": 6}"#, 6), (#"{"r": 2, "lora_alpha": 6}"#, 6),
        (#"{"unet.r": 2, "unet.lora_alpha": 6, "unet.alpha_pattern": {"to_q": 1.5, "attn.to_q": 9}}"#, 1.5),
        (#"{"unet.r": 2, "unet.lora_alpha": 6, "unet.alpha_pattern": {"_q": 1, "^to_q": 1, "^x.attn.to_q": 3}}"#, 3),
        (#"{"unet.r": 4, "unet.lora_alpha": 6, "unet.rank_pattern": {"x\\.attn\\.to_q": 2}}"#, 6),
        (#"{"text_encoder.r": 4, "text_encoder.lora_alpha": 6}"#, 2),
    ])
    func alphasOfTheHeaderAreHonoured(_ metadata: String, _ expected: Float) throws {
        #expect(try merged(adapter(metadata)) == expected)
    }

    @Test func theRanksRootDividesWhereTheHeaderSaysSo() throws {
        let value = try merged(adapter(#"{"unet.r": 2, "unet.lora_alpha": 6, "unet.use_rslora": true}"#))
        #expect(abs(value - 12 / Float(2).squareRoot()) < 1e-5)
    }

    @Test(arguments: [
        (#"{"unet.r": 4, "unet.lora_alpha": 6}"#, WeightsError.Code.mismatch), ("[]", .invalidConfiguration),
        (#"{"unet.r": 2, "unet.lora_alpha": "6"}"#, .invalidConfiguration), ("{", .malformed),
        (#"{"unet.r": 2, "unet.alpha_pattern": {"(a+)+": 6}}"#, .invalidConfiguration),
    ])
    func aHeaderThatDoesNotFitIsAnError(_ metadata: String, _ code: WeightsError.Code) {
        let error = #expect(throws: WeightsError.self) { try merged(adapter(metadata)) }
        #expect(error?.code == code, "\(String(describing: error))")
    }

    @Test func alphasGivenTwiceAreRefusedAsDiffusersDoes() {
        let file = adapter(#"{"unet.r": 2, "unet.lora_alpha": 6}"#, alpha: [6, 0, 0, 0, 0, 0, 0, 0])
        let error = #expect(throws: WeightsError.self) { try merged(file) }
        #expect(error?.message.contains("twice") == true)
    }

    @Test(arguments: ["I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "F64", "F32", "F16", "BF16"])
    func alphasMayBeOfAnyType(_ type: String) throws {
        let bytes: [UInt8]
        switch type {
        case "F64": bytes = withUnsafeBytes(of: 6.0) { Array($0) }
        case "F32": bytes = Self.bytes([6])
        case "F16": bytes = withUnsafeBytes(of: Float16(6).bitPattern) { Array($0) }
        case "BF16": bytes = Array(Self.bytes([6])[2...])
        default: bytes = [6] + [UInt8](repeating: 0, count: (Int(type.dropFirst()) ?? 8) / 8 - 1)
        }
        #expect(try merged(adapter(alpha: bytes, type)) == 6)
    }

    @Test func theConfigurationBesideTheFileIsRead() throws {
        let folder = try TemporaryFolder()
        try folder.write("adapter_config.json", Array(#"{"r": 2, "lora_alpha": 6, "peft_type": "LORA"}"#.utf8))
        let alone = try folder.write("ink.safetensors", adapter())
        #expect(try merged(LoRAFile(argument: alone)) == 6)
        let named = try folder.write("adapter_model.safetensors", adapter())
        #expect(try merged(LoRAFile(argument: named)) == 6)
        // One of several files that have nothing to do with the configuration beside them.
        #expect(try merged(LoRAFile(argument: alone)) == 2)
    }

    @Test(
        arguments: [
            ([2], true), ([2, 1], true), ([2, 1, 1, 1], true), ([1, 2, 1, 1], true), ([1, 2], false), ([4], false),
        ] as [([Int], Bool)])
    func magnitudesAreLengthsOfOutputs(_ shape: [Int], _ fits: Bool) throws {
        var model = SafetensorsBuilder()
        model.add("a.weight", [2, 2], [3, 4, 0, 2])
        var file = SafetensorsBuilder()
        file.add("unet.a.lora_A.weight", [1, 2], [0, 0])
        file.add("unet.a.lora_B.weight", [2, 1], [0, 0])
        file.add("unet.a.dora_scale", Shape(shape), Array([Float(10), 1, 1, 1].prefix(shape.reduce(1, *))))
        let lora = try LoRAFile(MemoryFile(name: "l", bytes: file.file))
        let store = try WeightStore.open("unet", of: EmbeddedFiles(["unet/model.safetensors": model.file]))
        guard fits else {
            #expect(throws: WeightsError.self) { try store.merging([lora], into: "unet") }
            return
        }
        let tensor = try #require(try store.merging([lora], into: "unet")["a.weight"])
        #expect(try tensor.bytes() == Self.bytes([6, 8, 0, 1]))
    }
}
