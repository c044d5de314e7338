/// A model with LoRAs merged into its weights as they are read.
public struct LoRAFiles: ModelFiles {
    private let base: any ModelFiles
    private let loras: [LoRAFile]

    /// - Throws: where a LoRA adapts a part that the model does not have, naming a key.
    public init(_ base: any ModelFiles, merging loras: [LoRAFile]) throws {
        (self.base, self.loras) = (base, loras)
        for lora in loras {
            for (module, adapter) in lora.adapters.sorted(by: { $0.key < $1.key })
            where !base.exists("\(module.part)/config.json") {
                throw WeightsError(
                    .leftOverTensor, "the model has no \(module.part) for it; the LoRA is made for another family",
                    at: adapter.down?.location ?? WeightsError.Location(file: lora.name))
            }
        }
    }

    public var description: String { base.description }
    public func exists(_ path: String) -> Bool { base.exists(path) }
    public func open(_ path: String) throws -> any ModelFile { try base.open(path) }
    public func list(_ folder: String) -> [String] { base.list(folder) }

    public func weights(_ folder: String, variant: String?) throws -> WeightStore {
        let store = try base.weights(folder, variant: variant)
        let layers = LoRALayers(store)
        var tensors = store.tensors
        for lora in loras {
            for (module, adapter) in lora.adapters where module.part == folder {
                guard let down = adapter.down, let up = adapter.up else { continue }
                guard let name = layers.weight(of: module), let tensor = tensors[name] else {
                    throw WeightsError(
                        .leftOverTensor,
                        "the model's \(folder) has no layer for it; the LoRA is made for another model",
                        at: down.location)
                }
                tensors[name] = try tensor.merged(down: down, up: up, alpha: adapter.alpha, scale: lora.scale)
            }
        }
        return try WeightStore(tensors.values, description: store.description)
    }
}
