import Graph

/// A checkpoint's tensors by part, under diffusers' names.
struct CheckpointTensors {
    let family: CheckpointFamily
    /// "unet", "vae", "text_encoder", "text_encoder_2".
    private(set) var parts: [String: [WeightTensor]] = ["unet": [], "vae": [], "text_encoder": []]

    private static let unet = "model.diffusion_model."
    private static let autoencoder = "first_stage_model."
    /// What training left in the file: averaged copies, and the schedule's tables.
    private static let ignored = [
        "model_ema.", "betas", "alphas_cumprod", "sqrt_", "log_one_minus_", "posterior_", "logvar", "lvlb_weights",
        "scale_factor", "denoiser.", "global_step",
    ]
    /// SD 2 takes the output of the layer before, so this one is never computed.
    private static let lastLayerOfTwo = 23

    init(_ file: SafetensorsFile) throws {
        let names = Set(file.header.entries.map(\.name))
        guard let family = CheckpointFamily(names) else {
            throw WeightsError(
                .unsupported,
                "this is no Stable Diffusion 1, 2 or SDXL checkpoint in the original layout: no text encoder of theirs "
                    + "is in it; a UNet or autoencoder alone is read from its diffusers folder", file: file.file.name)
        }
        self.family = family
        let layers = Self.layersPerBlock(names)
        let unet = UNetNames(layersPerBlock: layers)
        let levels = names.reduce(0) { levels, name in
            let parts = name.split(separator: ".")
            guard name.hasPrefix(Self.autoencoder + "decoder.up."), parts.count > 3, let level = parts[3].blockNumber
            else {
                return levels
            }
            return max(levels, level + 1)
        }
        let autoencoder = AutoencoderNames(levels: levels)
        for tensor in file.tensors {
            let placed = try place(tensor, unet, autoencoder)
            guard placed || Self.ignored.contains(where: tensor.name.hasPrefix) else {
                throw WeightsError(
                    .leftOverTensor, "no part of a Stable Diffusion checkpoint has a tensor of this name",
                    at: tensor.location)
            }
        }
    }

    /// Residual blocks up to the first block that halves the size.
    private static func layersPerBlock(_ names: Set<String>) -> Int {
        let prefix = unet + "input_blocks."
        let blocks = names.compactMap { name in
            name.hasPrefix(prefix) ? name.dropFirst(prefix.count).prefix { $0 != "." }.blockNumber : nil
        }
        let last = blocks.max() ?? 0
        let halving = (1..<max(last, 1)).first { names.contains("\(unet)input_blocks.\($0).0.op.weight") }
        return halving.map { $0 - 1 } ?? last
    }

    private mutating func place(_ tensor: WeightTensor, _ unet: UNetNames, _ autoencoder: AutoencoderNames) throws
        -> Bool
    {
        let name = tensor.name
        guard let dot = name.lastIndex(of: ".") else { return false }
        let module = name[..<dot]
        let kind = name[dot...]
        if name.hasPrefix(Self.unet) {
            guard let place = unet.diffusersName(String(module.dropFirst(Self.unet.count))) else { return false }
            parts["unet"]?.append(tensor.renamed(place + kind))
            return true
        }
        if name.hasPrefix(Self.autoencoder) {
            // Checkpoints also carry the loss it was trained with.
            if name.hasPrefix(Self.autoencoder + "loss.") { return true }
            guard let place = autoencoder.diffusersName(String(module.dropFirst(Self.autoencoder.count))) else {
                return false
            }
            let isConvolution = tensor.shape.rank == 4 && tensor.shape[2] == 1 && tensor.shape[3] == 1
            let shape: Shape? = place.isMatrix && isConvolution ? [tensor.shape[0], tensor.shape[1]] : nil
            parts["vae"]?.append(tensor.renamed(place.name + kind, shape: shape))
            return true
        }
        for prefix in ["cond_stage_model.transformer.", "conditioner.embedders.0.transformer."]
        where name.hasPrefix(prefix) {
            parts["text_encoder"]?.append(tensor.renamed(String(name.dropFirst(prefix.count))))
            return true
        }
        if name.hasPrefix("cond_stage_model.model.") {
            return try place(tensor, "text_encoder", String(name.dropFirst("cond_stage_model.model.".count)))
        }
        if name.hasPrefix("conditioner.embedders.1.model.") {
            return try place(tensor, "text_encoder_2", String(name.dropFirst("conditioner.embedders.1.model.".count)))
        }
        return false
    }

    /// Places a tensor of OpenCLIP's.
    private mutating func place(_ tensor: WeightTensor, _ part: String, _ name: String) throws -> Bool {
        if family == .two, name == "text_projection" || TextEncoderNames.layer(name) == Self.lastLayerOfTwo {
            return true
        }
        switch TextEncoderNames.place(name) {
        case .tensor(let name): parts[part, default: []].append(tensor.renamed(name))
        case .transposed(let name): parts[part, default: []].append(try tensor.transposed(name))
        case .joined(let names, let kind):
            let rows = tensor.shape.rank > 0 ? tensor.shape[0] / names.count : 0
            for (index, name) in names.enumerated() {
                let range = index * rows..<(index + 1) * rows
                parts[part, default: []].append(try tensor.rows(range, of: names.count * rows, name: "\(name).\(kind)"))
            }
        case .nothing: break
        case nil: return false
        }
        return true
    }
}

/// A matrix that is stored the other way round: OpenCLIP keeps its projection as [inputs, outputs].
struct TransposedConstant: ConstantData {
    let base: any ConstantData
    /// Of the stored matrix.
    let rows, columns: Int
    let elementByteCount: Int

    func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
        let stored = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count, alignment: 64)
        defer { stored.deallocate() }
        try base.copy(into: stored)
        for row in 0..<rows {
            for column in 0..<columns {
                let source = (row * columns + column) * elementByteCount
                let target = (column * rows + row) * elementByteCount
                for byte in 0..<elementByteCount { buffer[target + byte] = stored[source + byte] }
            }
        }
    }
}

extension WeightTensor {
    /// The rows `range` of a tensor that must have `count` of them; the bytes are read from where they are.
    func rows(_ range: Range<Int>, of count: Int, name: String) throws -> WeightTensor {
        guard shape.rank > 0, shape[0] == count, range.upperBound <= count, !range.isEmpty,
            let data = data as? FileConstant
        else {
            throw WeightsError(
                .mismatch, "its shape \(shape) cannot be divided into query, key and value", at: location)
        }
        let rowByteCount = byteCount / count
        let start = data.bytes.lowerBound + range.lowerBound * rowByteCount
        let bytes = start..<start + range.count * rowByteCount
        var location = location
        location.byte = start
        return WeightTensor(
            name: name, elementType: elementType, shape: Shape([range.count] + shape.dimensions.dropFirst()),
            data: FileConstant(file: data.file, bytes: bytes, elementType: elementType, tensor: data.tensor),
            location: location)
    }

    func transposed(_ name: String) throws -> WeightTensor {
        guard shape.rank == 2, elementType.bitCount % 8 == 0 else {
            throw WeightsError(.mismatch, "its shape \(shape) is not that of a matrix", at: location)
        }
        return WeightTensor(
            name: name, elementType: elementType, shape: [shape[1], shape[0]],
            data: TransposedConstant(
                base: data, rows: shape[0], columns: shape[1], elementByteCount: elementType.bitCount / 8),
            location: location)
    }
}
