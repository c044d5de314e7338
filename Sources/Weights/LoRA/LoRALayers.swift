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
