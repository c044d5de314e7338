import Basics

extension WeightStore {
    /// Opens the weights of one part of a model.
    ///
    /// - Parameters:
    ///   - folder: "unet"; empty where the files lie at the top, as in an autoencoder's own folder.
    ///   - variant: "fp16" takes `diffusion_pytorch_model.fp16.safetensors`; nil takes the plain file, or else the only
    ///     variant there is.
    /// - Throws: `WeightsError` where there are no safetensors, or they are damaged.
    package static func open(_ folder: String, of files: any ModelFiles, variant: String? = nil) throws -> WeightStore {
        try files.weights(folder, variant: variant)
    }

    /// Reads them as diffusers saves them: one file, or the shards that an index lists.
    convenience init(reading folder: String, of files: any ModelFiles, variant: String?) throws {
        let prefix = folder.isEmpty ? "" : folder + "/"
        for variant in variant.map({ [$0] }) ?? [nil, "fp16", "bf16", "fp32"] {
            for name in ["diffusion_pytorch_model", "model"] {
                for candidate in Self.indexNames(name, variant) where files.exists(prefix + candidate) {
                    let tensors = try Self.tensors(index: prefix + candidate, folder: prefix, of: files)
                    try self.init(tensors, description: files.name(prefix + candidate))
                    return
                }
                let candidate = prefix + (variant.map { "\(name).\($0).safetensors" } ?? "\(name).safetensors")
                if files.exists(candidate) {
                    let file = try SafetensorsFile(files.open(candidate))
                    try self.init(file.tensors, description: files.name(candidate))
                    return
                }
            }
        }
        throw Self.missing(folder, of: files, variant: variant)
    }

    /// diffusers and transformers put the variant into an index's name at different places.
    private static func indexNames(_ name: String, _ variant: String?) -> [String] {
        guard let variant else { return ["\(name).safetensors.index.json"] }
        return ["\(name).safetensors.index.\(variant).json", "\(name).\(variant).safetensors.index.json"]
    }

    private static func tensors(
        index: String, folder: String, of files: any ModelFiles
    ) throws -> [WeightTensor] {
        let path = files.name(index)
        guard let map = try files.json(index).object?["weight_map"], let names = map.object else {
            throw WeightsError(.malformed, "the index has no object 'weight_map'", file: path, byte: 0)
        }
        var shards: [String: [String: WeightTensor]] = [:]
        var tensors: [WeightTensor] = []
        for (name, value) in names.sorted(by: { $0.value.byte < $1.value.byte }) {
            guard case .string(let shard) = value.content else {
                throw WeightsError(
                    .malformed, "the index must give a file's name, not \(value.kind)", file: path, tensor: name,
                    byte: value.byte)
            }
            // The index comes with the model, from strangers: it may name its neighbours and nothing else.
            guard !shard.contains("/"), shard.hasSuffix(".safetensors") else {
                throw WeightsError(
                    .malformed, "'\(shard.prefix(200))' is not the name of a .safetensors file beside the index",
                    file: path, tensor: name, byte: value.byte)
            }
            if shards[shard] == nil {
                let found = try SafetensorsFile(files.open(folder + shard)).tensors
                shards[shard] = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0) })
            }
            guard let tensor = shards[shard]?.removeValue(forKey: name) else {
                throw WeightsError(
                    .missingTensor, "the index says that \(shard) holds it, which it does not", file: path,
                    tensor: name, byte: value.byte)
            }
            tensors.append(tensor)
        }
        for rest in shards.values {
            guard let tensor = rest.values.min(by: { $0.name < $1.name }) else { continue }
            throw WeightsError(.leftOverTensor, "the index does not list it", at: tensor.location)
        }
        return tensors
    }

    private static func missing(_ folder: String, of files: any ModelFiles, variant: String?) -> WeightsError {
        let place = folder.isEmpty ? files.description : files.name(folder)
        let names = files.list(folder)
        if let pickle = names.first(where: { [".bin", ".ckpt", ".pt", ".pth"].contains(where: $0.hasSuffix) }) {
            return WeightsError(
                .unsupported,
                "\(FileSignature.pickle.reason) (only \(pickle) is there, and no safetensors)", file: place)
        }
        let other = names.filter { $0.hasSuffix(".safetensors") }.joined(separator: ", ")
        return WeightsError(
            .notFound,
            "there is no diffusion_pytorch_model\(variant.map { "." + $0 } ?? "").safetensors and no "
                + "model\(variant.map { "." + $0 } ?? "").safetensors here"
                + (other.isEmpty ? "; is the model's download complete?" : ", only \(other)"),
            file: place)
    }
}
