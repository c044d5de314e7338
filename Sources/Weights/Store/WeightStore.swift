import Graph
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
