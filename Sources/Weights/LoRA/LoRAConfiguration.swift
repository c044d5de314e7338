import Basics

/// PEFT's `LoraConfig`, reduced to what decides how strongly an adapter counts.
struct LoRAConfiguration: Sendable {
    /// Of one part's adapters.
    private struct Part: Sendable {
        let rank: Int
        let alpha: Float
        /// Layers' paths, or the ends of them, with what holds there in place of `rank` and `alpha`.
        let rankPattern: [(layer: String, value: Float)]
        let alphaPattern: [(layer: String, value: Float)]
        /// Divides by the rank's root in place of the rank (arXiv 2312.03732).
        let isRankStabilised: Bool

        init(_ config: PartConfig) throws {
            rank = try config.value("r", default: 8)
            alpha = try config.value("lora_alpha", default: 8)
            rankPattern = try Self.pattern("rank_pattern", config)
            alphaPattern = try Self.pattern("alpha_pattern", config)
            isRankStabilised = try config.optional("use_rslora") ?? false
        }

        /// In the order in which the file lists them, in which PEFT takes the first that fits.
        private static func pattern(_ key: String, _ config: PartConfig) throws -> [(layer: String, value: Float)] {
            guard let section = try config.section(key) else { return [] }
            return try section.members.sorted { $0.value.byte < $1.value.byte }.map { layer, _ in
                let name = layer.replacing("\\.", with: ".")
                guard !name.contains(where: { "*+?()[]{}|\\$".contains($0) }) else {
                    throw config.error(
                        key, "has the regular expression \(layer.prefix(200)), where only the names of layers are read")
                }
                return (name, try section.value(layer))
            }
        }
    }

    /// By "unet", "text_encoder", "text_encoder_2".
    private let parts: [String: Part]
    private let file: String

    private static let names = ["unet", "text_encoder", "text_encoder_2"]

    /// What diffusers writes into a header: `lora_adapter_metadata`, JSON whose keys begin with the part's name, or do
    /// not where one part was saved by itself.
    /// - Returns: nil where the header has none.
    init?(header: SafetensorsHeader, file: String) throws {
        let key = "lora_adapter_metadata"
        guard let text = header.metadata[key] else { return nil }
        let config = try PartConfig(key, of: EmbeddedFiles([key: Array(text.utf8)], description: file))
        self.file = config.file
        parts = try Self.names.reduce(into: [:]) { parts, name in
            let ownKey = config.has("\(name).r") || config.has("\(name).lora_alpha")
            guard ownKey || (name == "unet" && config.has("r")) else { return }
            parts[name] = try Part(ownKey ? config.members(after: "\(name).") : config)
        }
    }

    /// adapter_config.json, which speaks of all that is in the file beside it.
    init(file config: PartConfig) throws {
        file = config.file
        let part = try Part(config)
        parts = Dictionary(uniqueKeysWithValues: Self.names.map { ($0, part) })
    }

    /// What a layer's product of matrices is multiplied by: alpha / rank, or alpha / √rank.
    /// - Parameter rank: of the layer's own matrices, which must be the configuration's.
    /// - Returns: 1 for parts of which the configuration does not speak, as without any.
    func factor(of module: LoRAKey.Module, rank: Int, at location: WeightsError.Location) throws -> Float {
        guard let part = parts[module.part] else { return 1 }
        let expected = Self.value(in: part.rankPattern, of: module).map { Int(exactly: $0) ?? 0 } ?? part.rank
        guard expected == rank else {
            throw WeightsError(
                .mismatch, "its rank is \(rank), where \(file) says \(expected); they are not of one LoRA", at: location
            )
        }
        let alpha = Self.value(in: part.alphaPattern, of: module) ?? part.alpha
        return alpha / (part.isRankStabilised ? Float(rank).squareRoot() : Float(rank))
    }

    /// A pattern names a layer's whole path, or its end from a dot on; with ^, the whole path only.
    private static func value(in pattern: [(layer: String, value: Float)], of module: LoRAKey.Module) -> Float? {
        let flat = { (name: String) in module.isFlattened ? name.replacing(".", with: "_") : name }
        let separator = module.isFlattened ? "_" : "."
        // transformers writes text encoders with and without their outermost module's name.
        let paths = [module.path, flat("text_model.") + module.path]
        return pattern.first { layer, _ in
            let isWhole = layer.hasPrefix("^")
            let name = flat(isWhole ? String(layer.dropFirst()) : layer)
            return paths.contains { $0 == name || (!isWhole && $0.hasSuffix(separator + name)) }
        }?.value
    }
}
