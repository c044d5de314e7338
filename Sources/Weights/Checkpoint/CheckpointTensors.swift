import Graph

/// A checkpoint's tensors by part, under diffusers' names.
struct CheckpointTensors {
    let markers: CheckpointMarkers
    /// "unet", "vae", "text_encoder", "text_encoder_2"; only those that the file holds.
    private(set) var parts: [String: [WeightTensor]] = [:]
    private let isOpenCLIPCut: Bool

    private static let prefixes = ["unet": "model.diffusion_model.", "vae": "first_stage_model."]
    /// What training left in the file: averaged copies, and the schedule's tables.
    private static let ignored = [
        "model_ema.", "betas", "alphas_cumprod", "sqrt_", "log_one_minus_", "posterior_", "logvar", "lvlb_weights",
        "scale_factor", "denoiser.", "global_step",
    ]
    /// SD 2 takes the output of the layer before, so this one is never computed.
    private static let lastLayerOfTwo = 23

    /// A whole checkpoint.
    init(_ file: SafetensorsFile, family: CheckpointFamily) throws {
        try self.init(file, part: nil, prefixes: Self.prefixes, isOpenCLIPCut: family == .two)
    }

    /// One part in the original layout, from a file of its own or out of a whole checkpoint.
    /// - Parameter part: "unet", "vae".
    /// - Returns: nil where the file is not in the original layout.
    init?(_ file: SafetensorsFile, part: String) throws {
        let names = file.header.entries.lazy.map(\.name)
        let prefix = Self.prefixes[part] ?? ""
        let isOriginal = { (name: Substring) in
            switch part {
            case "unet": name.hasPrefix("input_blocks.")
            default: ["encoder.down.", "encoder.mid.", "decoder.up.", "decoder.mid."].contains(where: name.hasPrefix)
            }
        }
        if names.contains(where: { $0.hasPrefix(prefix) && isOriginal($0.dropFirst(prefix.count)) }) {
            try self.init(file, part: part, prefixes: [part: prefix], isOpenCLIPCut: false)
        } else if names.contains(where: { isOriginal($0[...]) }) {
            try self.init(file, part: part, prefixes: [part: ""], isOpenCLIPCut: false)
        } else {
            return nil
        }
    }

    /// - Parameter part: the only one that is wanted; nil for all.
    private init(_ file: SafetensorsFile, part: String?, prefixes: [String: String], isOpenCLIPCut: Bool) throws {
        let names = Set(file.header.entries.map(\.name))
        markers = CheckpointMarkers(names)
        self.isOpenCLIPCut = isOpenCLIPCut
        let unetPrefix = prefixes["unet"]
        let unet = UNetNames(layersPerBlock: unetPrefix.map { Self.layersPerBlock(names, $0) } ?? 1)
        let autoencoderPrefix = prefixes["vae"]
        let autoencoder = AutoencoderNames(levels: autoencoderPrefix.map { Self.levels(names, $0) } ?? 0)
        for tensor in file.tensors {
            let isPlaced: Bool
            if let prefix = unetPrefix, tensor.name.hasPrefix(prefix) {
                isPlaced = placeUNet(tensor, prefix, unet)
            } else if let prefix = autoencoderPrefix, tensor.name.hasPrefix(prefix) {
                isPlaced = placeAutoencoder(tensor, prefix, autoencoder)
            } else if part == nil {
                isPlaced = try placeTextEncoder(tensor)
            } else {
                continue
            }
            guard
                isPlaced || Self.ignored.contains(where: tensor.name.hasPrefix)
                    || CheckpointMarkers.names.contains(tensor.name)
            else {
                throw WeightsError(
                    .leftOverTensor, "no part of a Stable Diffusion checkpoint has a tensor of this name",
                    at: tensor.location)
            }
        }
    }

    /// Residual blocks up to the first block that halves the size.
    static func layersPerBlock(_ names: Set<String>, _ unet: String) -> Int {
        let prefix = unet + "input_blocks."
        let blocks = names.compactMap { name in
            name.hasPrefix(prefix) ? name.dropFirst(prefix.count).prefix { $0 != "." }.blockNumber : nil
        }
        let last = blocks.max() ?? 0
        let halving = (1..<max(last, 1)).first { names.contains("\(prefix)\($0).0.op.weight") }
        return halving.map { $0 - 1 } ?? last
    }

    /// Of the autoencoder's decoder.
    private static func levels(_ names: Set<String>, _ autoencoder: String) -> Int {
        let prefix = autoencoder + "decoder.up."
        let levels = names.compactMap { name in
            name.hasPrefix(prefix) ? name.dropFirst(prefix.count).prefix { $0 != "." }.blockNumber : nil
        }
        return (levels.max() ?? -1) + 1
    }

    private mutating func placeUNet(_ tensor: WeightTensor, _ prefix: String, _ names: UNetNames) -> Bool {
        guard let (module, kind) = Self.split(tensor.name), let place = names.diffusersName(module.dropPrefix(prefix))
        else { return false }
        parts["unet", default: []].append(tensor.renamed(place + kind))
        return true
    }

    private mutating func placeAutoencoder(_ tensor: WeightTensor, _ prefix: String, _ names: AutoencoderNames) -> Bool
    {
        // Checkpoints also carry the loss it was trained with.
        if tensor.name.hasPrefix(prefix + "loss.") { return true }
        guard let (module, kind) = Self.split(tensor.name), let place = names.diffusersName(module.dropPrefix(prefix))
        else { return false }
        let isConvolution = tensor.shape.rank == 4 && tensor.shape[2] == 1 && tensor.shape[3] == 1
        let shape: Shape? = place.isMatrix && isConvolution ? [tensor.shape[0], tensor.shape[1]] : nil
        parts["vae", default: []].append(tensor.renamed(place.name + kind, shape: shape))
        return true
    }

    /// "a.b.weight" as "a.b" and ".weight".
    private static func split(_ name: String) -> (module: Substring, kind: Substring)? {
        name.lastIndex(of: ".").map { (name[..<$0], name[$0...]) }
    }

    private mutating func placeTextEncoder(_ tensor: WeightTensor) throws -> Bool {
        let name = tensor.name
        for prefix in CheckpointFamily.clipPrefixes where name.hasPrefix(prefix) {
            // Early checkpoints of SD 1 lack the outermost module's name.
            let rest = String(name.dropFirst(prefix.count))
            let isBare = ["embeddings.", "encoder.", "final_layer_norm."].contains(where: rest.hasPrefix)
            parts["text_encoder", default: []].append(tensor.renamed(isBare ? "text_model." + rest : rest))
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
        if isOpenCLIPCut, name == "text_projection" || TextEncoderNames.layer(name) == Self.lastLayerOfTwo {
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

/// Tensors without content by which a file says how its UNet was trained.
struct CheckpointMarkers: Sendable {
    /// v-prediction.
    let predictsVelocity: Bool
    /// Noise levels that end at a signal-to-noise ratio of zero (arXiv 2305.08891).
    let endsAtZeroSNR: Bool

    static let names = ["v_pred", "ztsnr"]

    init(_ tensors: Set<String>) {
        (predictsVelocity, endsAtZeroSNR) = (tensors.contains("v_pred"), tensors.contains("ztsnr"))
    }
}

extension Substring {
    fileprivate func dropPrefix(_ prefix: String) -> String { String(dropFirst(prefix.count)) }
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
