import Graph

/// Finds the weights that a LoRA's keys speak of.
struct LoRALayers {
    private let names: Set<String>
    /// Names with every '.' written as '_'.
    private let flattened: [String: String]
    private let original: UNetNames

    init(_ store: WeightStore) {
        let modules = store.tensors.keys.filter { $0.hasSuffix(".weight") }
        names = Set(modules)
        flattened = Dictionary(
            modules.map { (Self.flat($0.dropLast(".weight".count)), $0) }, uniquingKeysWith: { first, _ in first })
        var layers = 0
        while store.modules.contains("down_blocks.0.resnets.\(layers)") { layers += 1 }
        original = UNetNames(layersPerBlock: layers)
    }

    func weight(of module: LoRAKey.Module) -> String? {
        // transformers writes text encoders with and without their outermost module's name.
        let prefix = "text_model."
        let paths =
            [module.path, prefix + module.path]
            + (module.path.hasPrefix(prefix) ? [String(module.path.dropFirst(prefix.count))] : [])
        if !module.isFlattened {
            return paths.map { $0 + ".weight" }.first(where: names.contains)
        }
        let flatPrefix = Self.flat(prefix[...])
        let flatPaths =
            [module.path, flatPrefix + module.path]
            + (module.path.hasPrefix(flatPrefix) ? [String(module.path.dropFirst(flatPrefix.count))] : [])
        return flatPaths.compactMap { flattened[$0] }.first
            ?? originalName(module.path).flatMap { flattened[Self.flat($0[...])] }
    }

    private static func flat(_ name: Substring) -> String { String(name.map { $0 == "." ? "_" : $0 }) }

    /// kohya's files for SDXL name the UNet's blocks as its original layout does.
    private func originalName(_ path: String) -> String? {
        let parts = path.split(separator: "_", maxSplits: 4).map(String.init)
        guard parts.count > 3 else {
            return ["out_0", "out_2"].contains(path) ? original.diffusersName(path.replacing("_", with: ".")) : nil
        }
        switch (parts[0], parts[1]) {
        case ("input", "blocks"), ("output", "blocks"):
            let rest =
                path.split(separator: "_", maxSplits: 4, omittingEmptySubsequences: false).dropFirst(4).first ?? ""
            return candidates("\(parts[0])_blocks.\(parts[2]).\(parts[3])", String(rest))
        case ("middle", "block"):
            let rest =
                path.split(separator: "_", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first ?? ""
            return candidates("middle_block.\(parts[2])", String(rest))
        case ("time", "embed"), ("label", "emb"):
            let numbers = path.split(separator: "_").dropFirst(2).joined(separator: ".")
            return original.diffusersName("\(parts[0])_\(parts[1]).\(numbers)")
        default:
            return nil
        }
    }

    /// Residual layers have dots in their original names; the rest may stay flat, as it is flattened again.
    private func candidates(_ block: String, _ rest: String) -> String? {
        let dotted = ["in_layers_0", "in_layers_2", "out_layers_0", "out_layers_3", "emb_layers_1"]
        let inner = dotted.contains(rest) ? "\(rest.dropLast(2)).\(rest.suffix(1))" : rest
        return original.diffusersName(inner.isEmpty ? block : "\(block).\(inner)")
    }
}

extension WeightStore {
    /// The same weights with LoRAs merged into them as they are read.
    /// - Parameter part: which of the adapted parts these weights are: "unet", "text_encoder", "text_encoder_2".
    /// - Throws: where a LoRA adapts a layer that is not there, naming the key.
    package func merging(_ loras: [LoRAFile], into part: String) throws -> WeightStore {
        let layers = LoRALayers(self)
        var tensors = tensors
        for lora in loras {
            for (module, adapter) in lora.adapters where module.part == part {
                guard let down = adapter.down, let up = adapter.up else { continue }
                guard let name = layers.weight(of: module), let tensor = tensors[name] else {
                    throw WeightsError(
                        .leftOverTensor, "the model's \(part) has no layer for it; the LoRA is made for another model",
                        at: down.location)
                }
                let rank = down.shape.rank > 0 ? max(down.shape[0], 1) : 1
                let strength =
                    try lora.configuration?.factor(of: module, rank: rank, at: down.location)
                    ?? adapter.alpha.map { try $0.scalar() / Float(rank) } ?? 1
                tensors[name] = try tensor.merged(
                    down: down, up: up, magnitude: adapter.magnitude, factor: lora.scale * strength)
            }
        }
        return try WeightStore(tensors.values, description: description)
    }
}

extension WeightTensor {
    /// W + factor · up · down, in float32; with a magnitude, each output's weights are brought to its length.
    func merged(
        down: WeightTensor, up: WeightTensor, magnitude: WeightTensor?, factor: Float
    ) throws -> WeightTensor {
        func require(_ condition: Bool, _ message: @autoclosure () -> String, _ tensor: WeightTensor) throws {
            guard condition else { throw WeightsError(.mismatch, message(), at: tensor.location) }
        }
        try require(down.shape.rank >= 2 && up.shape.rank >= 2, "a LoRA's matrices have at least two axes", down)
        let (rank, outputs) = (down.shape[0], up.shape[0])
        let inputs = down.shape.elementCount / max(rank, 1)
        try require(
            rank > 0 && up.shape[1] == rank && up.shape.elementCount == outputs * rank,
            "its shape \(up.shape) does not fit \(down.shape)", up)
        try require(
            shape.rank >= 2 && outputs == shape[0] && inputs * outputs == shape.elementCount
                && (down.shape.rank == 2 || shape.rank == 2
                    || down.shape.dimensions.dropFirst(2) == shape.dimensions.dropFirst(2)),
            "its shape \(down.shape) does not fit the layer's \(shape); the LoRA is made for another model", down)
        if let magnitude {
            // [outputs, 1] of LyCORIS, [1, outputs, 1, 1] of PEFT's convolutions; [1, inputs] is measured along columns.
            let extents = magnitude.shape.dimensions.filter { $0 != 1 }
            let alongInputs = magnitude.shape.rank == 2 && magnitude.shape[0] == 1 && outputs > 1
            try require(
                extents == (outputs == 1 ? [] : [outputs]) && !alongInputs,
                "its shape \(magnitude.shape) is not one length for each of the layer's \(outputs) outputs", magnitude)
        }
        func floats(_ tensor: WeightTensor) throws -> FloatValues {
            let (data, type) = try tensor.numbers()
            return FloatValues(data, type)
        }
        return WeightTensor(
            name: name, elementType: .f32, shape: shape,
            data: LoRAConstant(
                base: try floats(self), unmerged: try (data as? LoRAConstant)?.unmerged ?? floats(self),
                down: try floats(down), up: try floats(up), magnitude: try magnitude.map(floats), rows: outputs,
                columns: inputs, rank: rank, factor: factor),
            location: location)
    }
}
