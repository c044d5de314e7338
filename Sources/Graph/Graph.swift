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
