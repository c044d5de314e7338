import Graph

extension Graph {
    /// What an output depends on.
    var neededNodes: Set<Int> {
        var needed = Set(outputs.map(\.value.index))
        for index in nodes.indices.reversed() where needed.contains(index) {
            needed.formUnion(nodes[index].operands.map(\.index))
        }
        return needed
    }

    /// Whether it belongs to a frame program: what only depends on settings runs seldom, and is computed in float32.
    var changesWithFrame: Bool { nodes.contains { $0.bindingTimes.changesWithFrame } }
}

extension Graph.Operation {
    /// Whether a kernel of matrices or norms reads the operands; joining counts, for its result decides then.
    var multipliesOrNorms: Bool {
        switch self {
        case .conv2d, .linear, .attention, .groupNorm, .layerNorm, .geglu, .concat: true
        default: false
        }
    }

    /// Whether the result is the operand under another shape.
    var isView: Bool {
        switch self {
        case .reshape, .transpose, .slice, .upsampleNearest: true
        default: false
        }
    }
}

extension TensorType {
    /// How a value is stored where it passes from program to program: sequences of tokens as matrices are multiplied, all
    /// else as the graph has it, for latents, noise and scales need their digits.
    func border(_ element: ElementType) -> TensorType {
        dataType == .float32 && shape.rank == 3 ? TensorType(shape, element.dataType) : self
    }
}
