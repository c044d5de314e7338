package import Graph
import Synchronization

/// The tensors of one part of a model, by diffusers' names, and which of them its graph has used.
package final class WeightStore: Sendable {
    /// For messages: the part's folder or file.
    package let description: String
    let tensors: [String: WeightTensor]
    /// Every module that has a tensor somewhere in it.
    let modules: Set<String>
    private let used = Mutex<Set<String>>([])

    /// Tensors that files carry although nothing computes with them.
    static let notWeights: Set<String> = ["text_model.embeddings.position_ids", "embeddings.position_ids"]

    /// - Throws: where two tensors have one name, as shards of one model must not.
    package init(_ all: some Sequence<WeightTensor>, description: String) throws {
        self.description = description
        var byName: [String: WeightTensor] = [:]
        for tensor in all {
            if let other = byName.updateValue(tensor, forKey: tensor.name) {
                throw WeightsError(
                    .malformed, "the tensor is also in \(other.location.file ?? description)", at: tensor.location)
            }
        }
        tensors = byName
        modules = byName.keys.reduce(into: []) { modules, name in
            for dot in name.indices where name[dot] == "." { modules.insert(String(name[..<dot])) }
        }
    }

    package var root: WeightCursor { WeightCursor(store: self, path: "") }

    package var names: [String] { tensors.keys.sorted() }
    package subscript(name: String) -> WeightTensor? { tensors[name] }
    package var parameterCount: Int { weights.reduce(0) { $0 + $1.shape.elementCount } }
    package var byteCount: Int { weights.reduce(0) { $0 + $1.byteCount } }
    /// The element types of the weights, the most frequent first.
    package var elementTypes: [ElementType] {
        let counts = Dictionary(weights.map { ($0.elementType, $0.shape.elementCount) }, uniquingKeysWith: +)
        return counts.sorted { ($0.value, $0.key.rawValue) > ($1.value, $1.key.rawValue) }.map(\.key)
    }
    private var weights: some Sequence<WeightTensor> {
        tensors.values.lazy.filter { !Self.notWeights.contains($0.name) }
    }

    /// To be called once the part's graph is built.
    /// - Parameter ignoring: says of a name whether it may stay unused.
    /// - Throws: naming the tensors that no module asked for: weights and configuration do not belong together, and
    ///   the picture would be wrong.
    package func checkAllUsed(ignoring: (String) -> Bool = { _ in false }) throws {
        let used = used.withLock { $0 }
        let left = tensors.keys.filter { !used.contains($0) && !Self.notWeights.contains($0) && !ignoring($0) }.sorted()
        guard let first = left.first, let tensor = tensors[first] else { return }
        let others = left.dropFirst().prefix(4).map { "'\($0)'" }.joined(separator: ", ")
        let more = left.count > 5 ? " and \(left.count - 5) more" : ""
        throw WeightsError(
            .leftOverTensor,
            "the model that config.json describes has no place for this tensor"
                + (left.count > 1 ? ", nor for \(others)\(more)" : "")
                + "; weights and config.json must come from the same model",
            at: tensor.location)
    }

    func use(_ name: String) throws -> WeightTensor {
        guard let tensor = tensors[name] else {
            throw WeightsError(
                .missingTensor,
                "the model that config.json describes needs this tensor, and the weights lack it; "
                    + "weights and config.json must come from the same model",
                file: description, tensor: name)
        }
        used.withLock { _ = $0.insert(name) }
        return tensor
    }
}

/// A tensor by its name, not yet read.
package struct WeightTensor: Sendable {
    package let name: String
    /// As the file names it: types that models do not compute with are only refused when they are asked for.
    package let elementType: ElementType
    package let shape: Shape
    package let data: any ConstantData
    /// Where it lies, for messages.
    package let location: WeightsError.Location

    package init(
        name: String, elementType: ElementType, shape: Shape, data: any ConstantData, location: WeightsError.Location
    ) {
        (self.name, self.elementType, self.shape) = (name, elementType, shape)
        (self.data, self.location) = (data, location)
    }

    package var byteCount: Int { shape.elementCount * elementType.bitCount / 8 }

    /// The same data under another name and, with as many elements, another shape.
    package func renamed(_ name: String, shape: Shape? = nil) -> WeightTensor {
        WeightTensor(name: name, elementType: elementType, shape: shape ?? self.shape, data: data, location: location)
    }

    /// All values; for tests and for tensors that are small.
    package func bytes() throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            try data.copy(into: UnsafeMutableRawBufferPointer(buffer.extracting(..<byteCount)))
            count = byteCount
        }
    }
}

/// A place in a model's tree of modules, in diffusers' names: `weights["down_blocks"][0]["resnets"][1]`.
package struct WeightCursor: Sendable {
    let store: WeightStore
    /// "down_blocks.0.resnets.1"; empty at the root.
    package let path: String

    package subscript(_ name: String) -> WeightCursor { WeightCursor(store: store, path: full(name)) }
    package subscript(_ index: Int) -> WeightCursor { self[String(index)] }

    /// Whether there is a tensor of this name here, or a module with tensors in it.
    package func contains(_ name: String) -> Bool {
        store.tensors[full(name)] != nil || store.modules.contains(full(name))
    }

    /// The tensor as the graph computes with it: a constant in its stored type, or the next larger one that engines
    /// know, converted to float32.
    /// - Throws: `WeightsError` where the tensor is missing, has another shape, or is of a type that models do not
    ///   compute with.
    package func constant(_ name: String, _ shape: Shape, in builder: GraphBuilder) throws -> Graph.Value {
        let tensor = try store.use(full(name))
        guard tensor.shape == shape else {
            throw WeightsError(
                .mismatch,
                "its shape is \(tensor.shape), where config.json calls for \(shape); "
                    + "weights and config.json must come from the same model",
                at: tensor.location)
        }
        let (data, type) = try tensor.numbers()
        return builder.convert(builder.constant(data, TensorType(shape, type), name: name), to: .float32)
    }

    private func full(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
