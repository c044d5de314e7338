/// A model as data: nodes in topological order, each producing one value of a static type.
///
/// A value type. Passes are functions from Graph to Graph; engines lower one node at a time.
public struct Graph: Sendable {
    /// Names a node's result within its graph.
    public struct Value: Sendable, Hashable { public let index: Int }

    public struct Node: Sendable {
        public let operation: Operation
        public let operands: [Value]
        public let type: TensorType
        /// Where the node stands in the model, in diffusers' names: `unet.down_blocks.0.resnets.1.conv1`.
        public let name: String
        /// The sources the node depends on.
        public let bindingTimes: BindingTimes
        /// The part of the frame program the node belongs to; segments run in order of `Graph.segments`.
        public let segment: Int
    }

    public struct Binding: Sendable {
        public let name: String
        public let value: Value
    }

    public internal(set) var nodes: [Node] = []
    public internal(set) var inputs: [Binding] = []
    public internal(set) var outputs: [Binding] = []
    /// Names of the segments, in the order they run: "encode", "denoise", "decode".
    public internal(set) var segments: [String] = []
    /// The segments whose numbers leave float16's range: engines that lower precision compute these in float32.
    public internal(set) var segmentsBeyondFloat16: Set<String> = []
    /// Whether any segment's numbers leave float16's range.
    public var isBeyondFloat16: Bool { !segmentsBeyondFloat16.isEmpty }

    public subscript(value: Value) -> Node { nodes[value.index] }

    /// Bytes of all constants, in the types they are stored in.
    public var constantByteCount: Int {
        nodes.reduce(0) { sum, node in
            if case .constant = node.operation { return sum + node.type.byteCount }
            return sum
        }
    }
}

extension Graph {
    public var inputTypes: [String: TensorType] {
        Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, self[$0.value].type) })
    }
    public var outputTypes: [String: TensorType] {
        Dictionary(uniqueKeysWithValues: outputs.map { ($0.name, self[$0.value].type) })
    }
}
