import Weights

/// Where one part's files lie.
struct PartFiles {
    private let files: any ModelFiles
    /// "unet"; empty where the part has a folder to itself.
    private let folder: String
    private let variant: String?
    private let name: String
    private let loras: [LoRAFile]

    /// - Parameter override: the part's own folder, or another model that has one.
    init(_ name: String, override: (any ModelFiles)?, _ sources: ModelSources) {
        (self.name, loras) = (name, sources.loras)
        files = override ?? sources.model
        let isOwn =
            override.map { !$0.exists("\(name)/config.json") && !$0.exists("\(name)/\(name)_config.json") } ?? false
        folder = isOwn ? "" : name
        // A swapped-in part comes from elsewhere and need not have the variant that the model has.
        variant = override == nil ? sources.variant : nil
    }

    func config(_ name: String = "config.json") throws -> PartConfig {
        try PartConfig(folder.isEmpty ? name : "\(folder)/\(name)", of: files)
    }

    func weights() throws -> WeightStore {
        let store = try WeightStore.open(folder, of: files, variant: variant)
        return loras.isEmpty ? store : try store.merging(loras, into: name)
    }
}
