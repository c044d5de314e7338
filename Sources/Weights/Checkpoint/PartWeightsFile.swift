/// One part of a model whose weights are a file by itself, as UNets distilled to one step and autoencoders are
/// published: in diffusers' names, under the configuration of the model that the part goes into, or in the original
/// layout, alone or in a whole checkpoint, with a configuration worked out from the shapes.
package struct PartWeightsFile: ModelFiles {
    private let part: String
    private let model: any ModelFiles
    private let tensors: [WeightTensor]
    /// In the original layout.
    private let isOriginal: Bool
    private let markers: CheckpointMarkers
    package let description: String

    /// - Parameters:
    ///   - part: "unet", "vae".
    ///   - model: what the part goes into.
    package init(_ file: any ModelFile, part: String, of model: any ModelFiles) throws {
        (self.part, self.model, description) = (part, model, file.name)
        let file = try SafetensorsFile(file)
        if let original = try CheckpointTensors(file, part: part) {
            (tensors, markers, isOriginal) = (original.parts[part] ?? [], original.markers, true)
        } else {
            markers = CheckpointMarkers(Set(file.header.entries.map(\.name)))
            tensors = file.tensors.filter { !CheckpointMarkers.names.contains($0.name) }
            isOriginal = false
        }
    }

    /// Whether the file is marked as a UNet that predicts velocity, and that its noise ends at a signal of zero.
    package var predictsVelocity: Bool { markers.predictsVelocity }
    package var endsAtZeroSNR: Bool { markers.endsAtZeroSNR }

    package func exists(_ path: String) -> Bool { path == "config.json" }
    package func list(_ folder: String) -> [String] { [] }

    package func open(_ path: String) throws -> any ModelFile {
        let own = "\(part)/\(path)"
        if !isOriginal, model.exists(own) { return try model.open(own) }
        let configurations = CheckpointConfigurations([part: tensors], file: description)
        let text =
            part == "unet"
            ? try configurations.unet(sampleSize: sampleSize()) : try configurations.autoencoder(autoencoderTraits())
        return MemoryFile(name: name(path), bytes: Array(text.utf8))
    }

    package func weights(_ folder: String, variant: String?) throws -> WeightStore {
        try WeightStore(tensors, description: description)
    }

    /// What the model was made for stays, whatever UNet is put into it.
    private func sampleSize() throws -> Int {
        guard model.exists("unet/config.json") else { return 64 }
        return (try? PartConfig("unet/config.json", of: model).optional("sample_size")) ?? 64
    }

    /// As the model's own autoencoder has them where that is one of the same class, because its UNet is trained on
    /// latents so scaled; else as its family has them.
    private func autoencoderTraits() throws -> AutoencoderTraits {
        if model.exists("vae/config.json") {
            let config = try PartConfig("vae/config.json", of: model)
            if try config.optional("_class_name") ?? "AutoencoderKL" == "AutoencoderKL" {
                var traits = AutoencoderTraits(
                    scalingFactor: try config.value("scaling_factor", default: 0.18215),
                    overflowsInFloat16: try config.optional("force_upcast") ?? true)
                if let mean = try config.optional("latents_mean", as: [Double].self),
                    let deviation = try config.optional("latents_std", as: [Double].self)
                {
                    traits.statistics = (mean, deviation)
                }
                return traits
            }
        }
        let isExtraLarge =
            try model.exists("unet/config.json")
            && PartConfig("unet/config.json", of: model).optional("addition_embed_type") == "text_time"
        return isExtraLarge ? .extraLarge : .oneAndTwo
    }
}
