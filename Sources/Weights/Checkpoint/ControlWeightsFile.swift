/// A ControlNet whose weights are a file by itself: in diffusers' names, or in the original layout, as its authors and web
/// UIs publish it. It has no configuration: a ControlNet is built like the UNet that it goes with.
package struct ControlWeightsFile: ModelFiles {
    package let description: String
    private let tensors: [WeightTensor]

    /// - Throws: `WeightsError` where the file is damaged, or another kind of control, which is named.
    package init(_ file: any ModelFile) throws {
        description = file.name
        let file = try SafetensorsFile(file)
        let names = Set(file.header.entries.map(\.name))
        if let other = Self.otherKind(names) {
            throw WeightsError(
                .unsupported,
                "this is \(other), which is not supported; give a ControlNet's whole weights, or a T2I-Adapter's folder",
                file: description)
        }
        let prefix = names.contains { $0.hasPrefix(Self.prefix) } ? Self.prefix : ""
        guard names.contains(where: { $0.hasPrefix("\(prefix)input_blocks.") }) else {
            tensors = file.tensors
            return
        }
        let places = ControlNetNames(names, prefix)
        tensors = try file.tensors.map { tensor in
            guard let dot = tensor.name.lastIndex(of: "."), tensor.name.hasPrefix(prefix),
                let place = places.diffusersName(String(tensor.name[..<dot].dropFirst(prefix.count)))
            else {
                throw WeightsError(
                    .leftOverTensor, "a ControlNet in the original layout has no tensor of this name",
                    at: tensor.location)
            }
            return tensor.renamed(place + tensor.name[dot...])
        }
    }

    package func exists(_ path: String) -> Bool { false }
    package func list(_ folder: String) -> [String] { [] }
    package func open(_ path: String) throws -> any ModelFile {
        throw WeightsError(.notFound, "a control's file by itself has no configuration", file: description)
    }
    package func weights(_ folder: String, variant: String?) throws -> WeightStore {
        try WeightStore(tensors, description: description)
    }

    private static let prefix = "control_model."

    /// What a file is that is not a ControlNet, told by the names of its tensors.
    private static func otherKind(_ names: Set<String>) -> String? {
        func has(_ test: (String) -> Bool) -> Bool { names.contains(where: test) }
        if has({ $0.hasPrefix("lora_controlnet") || $0.hasSuffix(".up") || $0.hasSuffix(".down") }) {
            return "a control-lora, the difference of a ControlNet to its UNet"
        }
        if has({ $0.hasPrefix("lllite_") }) { return "a ControlNet-LLLite" }
        if has({ $0.contains("control_add_embedding") || $0.contains("task_embedding") }) {
            return "a union ControlNet, which is one network for many kinds of pictures"
        }
        if has({ $0.hasPrefix("adapter.") || $0.hasPrefix("body.") }) {
            return "a T2I-Adapter's file without its config.json"
        }
        if has({ $0.hasPrefix("double_blocks.") || $0.hasPrefix("transformer_blocks.") }) {
            return "a control of a transformer (Flux, Stable Diffusion 3)"
        }
        return nil
    }
}

/// From the names of the original ControlNet to diffusers'.
struct ControlNetNames {
    private let unet: UNetNames
    /// Of the convolutions on the picture, the last one's place among them.
    private let lastHint: Int

    init(_ names: Set<String>, _ prefix: String) {
        unet = UNetNames(layersPerBlock: CheckpointTensors.layersPerBlock(names, prefix))
        let hint = prefix + "input_hint_block."
        lastHint =
            names.compactMap { name in
                name.hasPrefix(hint) ? name.dropFirst(hint.count).prefix { $0 != "." }.blockNumber : nil
            }.max() ?? 0
    }

    /// - Parameter module: without "control_model." and without the closing "weight" or "bias".
    /// - Returns: nil where the original has no such module.
    func diffusersName(_ module: String) -> String? {
        let parts = module.split(separator: ".")
        switch (parts[0], parts.count) {
        case ("zero_convs", 3) where parts[2] == "0": return parts[1].blockNumber.map { "controlnet_down_blocks.\($0)" }
        case ("middle_block_out", 2) where parts[1] == "0": return "controlnet_mid_block"
        case ("input_hint_block", 2):
            // Every second place is an activation.
            guard let place = parts[1].blockNumber, place.isMultiple(of: 2) else { return nil }
            let name = place == 0 ? "conv_in" : place == lastHint ? "conv_out" : "blocks.\(place / 2 - 1)"
            return "controlnet_cond_embedding.\(name)"
        default: return unet.diffusersName(module)
        }
    }
}
