package import Basics

/// A model as data: nodes in topological order, each producing one value of a static type.
///
/// A value type. Passes are functions from Graph to Graph; engines lower one node at a time.
package struct Graph: Sendable {
    /// Names a node's result within its graph.
    package struct Value: Sendable, Hashable { package let index: Int }

    package struct Node: Sendable {
        package let operation: Operation
        package let operands: [Value]
        package let type: TensorType
        /// Where the node stands in the model, in diffusers' names: `unet.down_blocks.0.resnets.1.conv1`.
        package let name: String
        /// The sources the node depends on.
        package let bindingTimes: BindingTimes
        /// The part of the frame program the node belongs to; segments run in order of `Graph.segments`.
        package let segment: Int
    }

    package struct Binding: Sendable {
        package let name: String
        package let value: Value
    }

    package internal(set) var nodes: [Node] = []
    package internal(set) var inputs: [Binding] = []
    package internal(set) var outputs: [Binding] = []
    /// Names of the segments, in the order they run: "encode", "denoise", "decode".
    package internal(set) var segments: [String] = []
    /// The segments whose numbers leave float16's range: engines that lower precision compute these in float32.
    package internal(set) var segmentsBeyondFloat16: Set<String> = []
    /// Whether any segment's numbers leave float16's range.
    package var isBeyondFloat16: Bool { !segmentsBeyondFloat16.isEmpty }

    package subscript(value: Value) -> Node { nodes[value.index] }

    /// Bytes of all constants, in the types they are stored in.
    package var constantByteCount: Int {
        nodes.reduce(0) { sum, node in
            if case .constant = node.operation { return sum + node.type.byteCount }
            return sum
        }
    }
}

extension Graph {
    package var inputTypes: [String: TensorType] {
        Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, self[$0.value].type) })
    }
    package var outputTypes: [String: TensorType] {
        Dictionary(uniqueKeysWithValues: outputs.map { ($0.name, self[$0.value].type) })
    }
}

/// A graph that cannot be built or bound: shapes that do not fit, names that do not exist.
package struct GraphError: ErrorWithExitStatus, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case shapeMismatch, unknownName, typeMismatch
        /// A kernel does not find room in what it is moved over.
        case tooSmall
    }
    package let code: Code
    package let message: String
    /// The node or binding the error was found at, in diffusers' names.
    package let location: String

    package init(_ code: Code, _ message: String, at location: String) {
        (self.code, self.message, self.location) = (code, message, location)
    }

    package var description: String { location.isEmpty ? message : "\(location): \(message)" }

    package var exitStatus: ExitStatus { .data }
}

/// Where a value comes from, and so how often it can change.
///
/// Every graph input names its source; every other value depends on the union of its operands' sources.
/// What does not depend on `frame` is moved out of the frame program by `Graph.partitioned()`.
package struct BindingTimes: OptionSet, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The picture being restyled: changes with every frame.
    package static let frame = BindingTimes(rawValue: 1 << 0)
    /// Text embeddings: change when the prompt does.
    package static let prompt = BindingTimes(rawValue: 1 << 1)
    /// Noise level and timestep: change with the strength.
    package static let strength = BindingTimes(rawValue: 1 << 2)
    /// The stream's noise: changes with the seed.
    package static let seed = BindingTimes(rawValue: 1 << 3)
    /// Differs between the denoising steps of one frame.
    package static let step = BindingTimes(rawValue: 1 << 4)
    /// Whether a value with these sources has to be computed for every frame.
    package var changesWithFrame: Bool { contains(.frame) }

    package var description: String {
        let names = ["frame", "prompt", "strength", "seed", "step"]
        let present = names.indices.filter { rawValue & (1 << UInt8($0)) != 0 }.map { names[$0] }
        return present.isEmpty ? "weights" : present.joined(separator: "+")
    }
}
