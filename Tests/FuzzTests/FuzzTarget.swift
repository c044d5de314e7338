import Graph
import Tokenizer
import Weights

/// The readers of what strangers wrote, each fed with any bytes at all.
///
/// They may throw; they may not trap, hang, or take memory beyond what the input's size explains. The first byte chooses
/// the reader, so that one corpus serves them all.
enum FuzzTarget: UInt8, CaseIterable {
    case safetensors, configuration, tokenizer, adapter, checkpoint, index

    static func run(_ input: [UInt8]) {
        guard let first = input.first, let target = FuzzTarget(rawValue: first % UInt8(allCases.count)) else { return }
        let bytes = Array(input.dropFirst())
        // What is thrown is the readers' own business here.
        switch target {
        case .safetensors: try? readTensors(bytes)
        case .configuration: try? readConfiguration(bytes)
        case .tokenizer: try? readTokenizer(bytes)
        case .adapter: try? readAdapter(bytes)
        case .checkpoint: try? readCheckpoint(bytes)
        case .index: try? readIndex(bytes)
        }
    }

    /// The bytes as a whole file.
    private static func readTensors(_ bytes: [UInt8]) throws {
        let file = try SafetensorsFile(MemoryFile(name: "fuzz", bytes: bytes))
        for tensor in file.tensors { _ = try? tensor.bytes() }
        let store = try WeightStore(file.tensors, description: "fuzz")
        for tensor in file.tensors { _ = try? store.root.constant(tensor.name, tensor.shape, in: GraphBuilder()) }
        try store.checkAllUsed()
    }

    /// The bytes as a header, over as much data as its last offset asks for, up to 4 KiB: a fuzzer seldom hits upon both.
    private static func file(_ header: [UInt8]) -> MemoryFile {
        let numbers = header.split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let ends = numbers.compactMap { Int(String(decoding: $0, as: UTF8.self)) }.filter { $0 <= 4096 }
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
        let data = (0..<(ends.max() ?? 0)).map { UInt8(truncatingIfNeeded: $0 * 31) }
        return MemoryFile(name: "fuzz", bytes: length + header + data)
    }

    private static func readConfiguration(_ bytes: [UInt8]) throws {
        let config = try PartConfig("config.json", of: EmbeddedFiles(["config.json": bytes]))
        for key in config.members.keys {
            _ = try? config.value(key, as: Int.self)
            _ = try? config.value(key, as: [Float].self)
            _ = try? config.optional(key, as: String.self)
            _ = try? config.values(key, count: 3, default: true)
            _ = try? config.section(key)?.value("a", as: [[Double]].self)
        }
    }

    /// Files are parted by bytes of 0xFF, which occur in none: vocab.json, merges.txt, tokenizer_config.json,
    /// special_tokens_map.json, tokenizer.json, and the text.
    private static func readTokenizer(_ bytes: [UInt8]) throws {
        let names = ["vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.json"]
        let parts = bytes.split(separator: 0xFF, omittingEmptySubsequences: false)
        var files: [String: [UInt8]] = [:]
        for (name, part) in zip(names, parts) where !part.isEmpty { files[name] = Array(part) }
        let tokenizer = try CLIPTokenizer("", of: EmbeddedFiles(files))
        let prompt = tokenizer.encode(String(decoding: parts.count > 5 ? parts[5] : [], as: UTF8.self))
        precondition(prompt.ids.count == tokenizer.maximumLength, "a prompt has the tokenizer's length")
    }

    /// The bytes as the header of a LoRA for a model of one layer of each kind.
    private static func readAdapter(_ bytes: [UInt8]) throws {
        let model =
            #"{"a.b.weight":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},"#
            + #""down_blocks.0.resnets.0.conv1.weight":{"dtype":"F32","shape":[1,2,1,1],"data_offsets":[8,16]}}"#
        let files = EmbeddedFiles([
            "unet/model.safetensors": file(Array(model.utf8)).bytes,
            "text_encoder/model.safetensors": file(Array(model.utf8)).bytes,
        ])
        let lora = try LoRAFile(file(bytes), scale: 0.5)
        try lora.requireParts(["unet", "text_encoder"])
        for part in ["unet", "text_encoder"] {
            let store = try WeightStore.open(part, of: files).merging([lora], into: part)
            for name in store.names { _ = try? store[name]?.bytes() }
        }
    }

    private static func readCheckpoint(_ bytes: [UInt8]) throws {
        let files = try CheckpointFiles(file(bytes))
        for part in ["unet", "vae", "text_encoder", "text_encoder_2"] {
            guard let store = try? WeightStore.open(part, of: files) else { continue }
            for name in store.names { _ = try? store[name]?.bytes() }
            // What is written for the other layers must be what they can read.
            _ = try PartConfig("\(part)/config.json", of: files)
        }
    }

    private static func readIndex(_ bytes: [UInt8]) throws {
        let shard = #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        let files = EmbeddedFiles([
            "model.safetensors.index.json": bytes, "1.safetensors": file(Array(shard.utf8)).bytes,
        ])
        _ = try WeightStore.open("", of: files)
    }
}
