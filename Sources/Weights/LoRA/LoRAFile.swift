/// A LoRA or DoRA file with the weight it is to have.
package struct LoRAFile: Sendable {
    struct Adapter: Sendable {
        var down, up, alpha, magnitude: WeightTensor?
    }

    package let scale: Float
    let name: String
    let adapters: [LoRAKey.Module: Adapter]
    /// What the file says of its adapters' strength, where its tensors do not.
    let configuration: LoRAConfiguration?

    /// - Parameter configuration: PEFT's adapter_config.json, for a file whose header says nothing.
    /// - Throws: `WeightsError` naming keys of other methods, unknown keys, and layers with half of an adapter.
    package init(_ file: any ModelFile, scale: Float = 1, configuration: PartConfig? = nil) throws {
        (self.scale, name) = (scale, file.name)
        let file = try SafetensorsFile(file)
        self.configuration =
            try LoRAConfiguration(header: file.header, file: name) ?? configuration.map(LoRAConfiguration.init(file:))
        var adapters: [LoRAKey.Module: Adapter] = [:]
        for tensor in file.tensors {
            let key = try LoRAKey(tensor.name, at: tensor.location)
            func set(_ field: WritableKeyPath<Adapter, WeightTensor?>) throws {
                guard adapters[key.module, default: Adapter()][keyPath: field] == nil else {
                    throw WeightsError(.malformed, "another key says the same of the same layer", at: tensor.location)
                }
                adapters[key.module, default: Adapter()][keyPath: field] = tensor
            }
            switch key.role {
            case .down: try set(\.down)
            case .up: try set(\.up)
            case .alpha: try set(\.alpha)
            case .magnitude: try set(\.magnitude)
            }
        }
        for (_, adapter) in adapters.sorted(by: { $0.key < $1.key }) where adapter.down == nil || adapter.up == nil {
            guard let tensor = adapter.down ?? adapter.up ?? adapter.alpha ?? adapter.magnitude else { continue }
            throw WeightsError(.malformed, "the other half of the layer's adapter is missing", at: tensor.location)
        }
        self.adapters = adapters
        if self.configuration != nil, let alpha = adapters.values.compactMap(\.alpha).min(by: { $0.name < $1.name }) {
            throw WeightsError(
                .malformed,
                "the file gives alphas twice, in its tensors and in its configuration, as diffusers refuses it too; "
                    + "take one of them out", at: alpha.location)
        }
    }

    /// - Throws: where it adapts another part than `parts`, naming a key.
    package func requireParts(_ parts: [String]) throws {
        for (module, adapter) in adapters.sorted(by: { $0.key < $1.key }) where !parts.contains(module.part) {
            throw WeightsError(
                .leftOverTensor, "the model has no \(module.part) for it; the LoRA is made for another family",
                at: adapter.down?.location ?? WeightsError.Location(file: name))
        }
    }

    /// "FILE" or "FILE:SCALE", as `--lora` takes it. PEFT's adapter_config.json is read where it lies beside PEFT's
    /// adapter_model.safetensors, or beside a file that is the only one in its folder.
    package init(argument: String) throws {
        var (path, scale) = (argument, Float(1))
        if let colon = argument.lastIndex(of: ":"), let number = Float(argument[argument.index(after: colon)...]) {
            (path, scale) = (String(argument[..<colon]), number)
        }
        guard scale.isFinite else {
            throw WeightsError(.unsupported, "the LoRA's scale must be a finite number", file: path)
        }
        let file = try DiskFile(path)
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = FolderFiles(parts.count > 1 ? parts.dropLast().joined(separator: "/") : ".")
        let isPEFT =
            parts.last?.hasPrefix("adapter_model.") == true
            || folder.list("").filter { $0.hasSuffix(".safetensors") }.count == 1
        let hasConfiguration = isPEFT && folder.exists("adapter_config.json")
        try self.init(
            file, scale: scale, configuration: hasConfiguration ? PartConfig("adapter_config.json", of: folder) : nil)
    }
}

/// A key of a LoRA file, taken apart.
///
/// Read are the styles of diffusers and PEFT (`unet.down_blocks.0….to_q.lora_A.weight`, and the older
/// `….to_q.lora.down.weight`, `….processor.to_q_lora.down.weight`, `….to_q.lora_linear_layer.down.weight`) and of kohya
/// (`lora_unet_down_blocks_0_…_to_q.lora_down.weight`).
struct LoRAKey: Hashable {
    enum Role: Hashable {
        /// [rank, inputs], or for convolutions [rank, inputs, height, width].
        case down
        /// [outputs, rank], or for convolutions [outputs, rank, 1, 1].
        case up
        case alpha
        /// DoRA's: the length of each output's weights, [outputs] with or without axes of 1.
        case magnitude
    }

    /// A layer that is adapted.
    struct Module: Hashable, Comparable {
        /// "unet", "text_encoder", "text_encoder_2"
        let part: String
        /// The layer's path, with '_' for '.' where kohya's style lost the difference.
        let path: String
        let isFlattened: Bool

        static func < (one: Module, other: Module) -> Bool { (one.part, one.path) < (other.part, other.path) }
    }

    let module: Module
    let role: Role

    private static let suffixes: [(String, Role)] = [
        (".lora_A.weight", .down), (".lora_B.weight", .up), (".lora_A.default.weight", .down),
        (".lora_B.default.weight", .up), (".lora_down.weight", .down), (".lora_up.weight", .up),
        (".lora.down.weight", .down), (".lora.up.weight", .up), ("_lora.down.weight", .down),
        ("_lora.up.weight", .up), (".lora_linear_layer.down.weight", .down), (".lora_linear_layer.up.weight", .up),
        (".alpha", .alpha), (".lora_magnitude_vector.weight", .magnitude), (".lora_magnitude_vector", .magnitude),
        (".lora_magnitude_vector.default.weight", .magnitude), (".dora_scale", .magnitude),
    ]
    private static let parts = [
        ("unet.", "unet"), ("text_encoder_2.", "text_encoder_2"), ("text_encoder.", "text_encoder"),
        ("base_model.model.unet.", "unet"), ("base_model.model.", "unet"),
    ]
    private static let flattenedParts = [
        ("lora_unet_", "unet"), ("lora_te2_", "text_encoder_2"), ("lora_te1_", "text_encoder"),
        ("lora_te_", "text_encoder"),
    ]
    /// What other methods than LoRA name their tensors.
    private static let others = [
        "hada_": "LoHa", "lokr_": "LoKr", "oft_": "OFT",
        "lora_mid": "a Tucker decomposition", ".diff": "weight differences", ".diff_b": "weight differences",
        "lora_B.bias": "LoRA with biases",
    ]

    /// - Throws: where the key is of no known style, or of a method that is not LoRA.
    init(_ name: String, at location: WeightsError.Location) throws {
        // The longest that fits: ".diff_b" also holds ".diff".
        if let (_, method) = Self.others.filter({ name.contains($0.key) }).max(by: { $0.key.count < $1.key.count }) {
            throw WeightsError(
                .unsupported, "this tensor belongs to \(method), which is not merged here; use a plain LoRA",
                at: location)
        }
        guard let (suffix, role) = Self.suffixes.first(where: { name.hasSuffix($0.0) }) else {
            throw WeightsError(
                .leftOverTensor, "this is not a key that LoRA files of diffusers or kohya have", at: location)
        }
        let path = String(name.dropLast(suffix.count))
        self.role = role
        if let (prefix, part) = Self.flattenedParts.first(where: { path.hasPrefix($0.0) }) {
            module = Module(part: part, path: String(path.dropFirst(prefix.count)), isFlattened: true)
        } else {
            let (prefix, part) = Self.parts.first { path.hasPrefix($0.0) } ?? ("", "unet")
            module = Module(part: part, path: Self.modern(path.dropFirst(prefix.count)), isFlattened: false)
        }
    }

    /// Attention processors had the layers' adapters before the layers did: `attn1.processor.to_out`, `attn1.to_out.0`.
    private static func modern(_ path: Substring) -> String {
        var parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, parts[parts.count - 2] == "processor" {
            parts.remove(at: parts.count - 2)
            if parts.last == "to_out" { parts.append("0") }
        }
        return parts.joined(separator: ".")
    }
}
