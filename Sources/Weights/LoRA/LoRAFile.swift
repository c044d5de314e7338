/// A LoRA file with the weight it is to have.
package struct LoRAFile: Sendable {
    struct Adapter: Sendable {
        var down, up, alpha: WeightTensor?
    }

    package let scale: Float
    let name: String
    let adapters: [LoRAKey.Module: Adapter]

    /// - Throws: `WeightsError` naming keys of other methods, unknown keys, and layers with half of an adapter.
    package init(_ file: any ModelFile, scale: Float = 1) throws {
        (self.scale, name) = (scale, file.name)
        let file = try SafetensorsFile(file)
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
            }
        }
        for (_, adapter) in adapters.sorted(by: { $0.key < $1.key }) where adapter.down == nil || adapter.up == nil {
            guard let tensor = adapter.down ?? adapter.up ?? adapter.alpha else { continue }
            throw WeightsError(.malformed, "the other half of the layer's adapter is missing", at: tensor.location)
        }
        self.adapters = adapters
    }

    /// - Throws: where it adapts another part than `parts`, naming a key.
    package func requireParts(_ parts: [String]) throws {
        for (module, adapter) in adapters.sorted(by: { $0.key < $1.key }) where !parts.contains(module.part) {
            throw WeightsError(
                .leftOverTensor, "the model has no \(module.part) for it; the LoRA is made for another family",
                at: adapter.down?.location ?? WeightsError.Location(file: name))
        }
    }

    /// "FILE" or "FILE:SCALE", as `--lora` takes it.
    package init(argument: String) throws {
        var (path, scale) = (argument, Float(1))
        if let colon = argument.lastIndex(of: ":"), let number = Float(argument[argument.index(after: colon)...]) {
            (path, scale) = (String(argument[..<colon]), number)
        }
        guard scale.isFinite else {
            throw WeightsError(.unsupported, "the LoRA's scale must be a finite number", file: path)
        }
        try self.init(DiskFile(path), scale: scale)
    }
}
