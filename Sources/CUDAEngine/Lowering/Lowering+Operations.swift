import Graph

extension Lowering {
    mutating func lower(_ node: Graph.Node, _ index: Int) throws -> LoweredValue {
        let shape = node.type.shape
        let operands = node.operands
        switch node.operation {
        case .input, .constant: throw EngineError(.compileFailed, "\(node.name) is not an operation")
        case .convert: return try convert(operands[0], to: node.type.dataType)
        case .conv2d(let stride, let padding, let groups):
            return .pending(try convolution(node, stride, padding, groups))
        case .linear: return .pending(try linear(node))
        case .attention(let heads, let scale, let causal):
            return .view(try attention(node, heads: heads, scale: scale, isCausal: causal))
        case .groupNorm(let groups, let epsilon): return .pending(try groupNorm(node, groups, epsilon))
        case .layerNorm(let epsilon): return .pending(try layerNorm(node, epsilon))
        case .unary(let function): return try step(ChainStep(function), on: operands[0])
        case .clamp(let lower, let upper): return try step(ChainStep(clamp: lower, upper), on: operands[0])
        case .binary(let function): return try binary(function, operands[0], operands[1], shape)
        case .geglu: return .pending(try geglu(operands[0], shape))
        case .upsampleNearest:
            let x = try view(operands[0])
            let enlarged = Pending.Elementwise(input: x, enlargedShape: shape)
            return .pending(Pending(.elementwise(enlarged), shape, order: x.order ?? Array(0..<shape.rank)))
        case .concat(let axis): return .view(try concat(operands, axis, node, index))
        case .slice(let axis, let start, let end): return .view(try view(operands[0]).sliced(axis, start..<end))
        case .reshape: return try reshape(operands[0], shape)
        case .transpose(let permutation): return try transpose(operands[0], permutation)
        case .embedding: return .view(try embedding(node, index))
        }
    }

    /// Views say how numbers are stored, so that reading them as float32 costs nothing of its own.
    private mutating func convert(_ x: Graph.Value, to type: DataType) throws -> LoweredValue {
        if var pending = pending(x), pending.stored == nil {
            guard type != .float32 else { return .pending(pending) }
            pending.stored = type
            return .pending(pending)
        }
        let source = try view(x)
        guard type != .float32 else { return .view(source) }
        var pending = elementwise(source)
        pending.stored = type
        return .pending(pending)
    }

    private func elementwise(_ x: View) -> Pending {
        Pending(
            .elementwise(Pending.Elementwise(input: x)), x.shape, order: x.order ?? Array(0..<x.shape.rank))
    }

    /// The value's own kernel if it still waits and has room for another step, or a new one that reads it.
    private mutating func kernel(_ x: Graph.Value) throws -> Pending {
        if let pending = pending(x), pending.canTake(1) { return pending }
        return elementwise(try view(x))
    }

    private mutating func step(_ step: ChainStep, on x: Graph.Value) throws -> LoweredValue {
        var kernel = try kernel(x)
        kernel.steps.append(step)
        return .pending(kernel)
    }

    private mutating func binary(
        _ function: Graph.Operation.Binary, _ a: Graph.Value, _ b: Graph.Value, _ shape: Shape
    ) throws -> LoweredValue {
        // The larger operand's kernel takes the other on; of two of a size the one that multiplies, or the later one.
        let (first, second) = (graph[a].type.shape == shape, graph[b].type.shape == shape)
        let isReversed = second && (!first || weight(of: b) > weight(of: a))
        let (kept, other) = isReversed ? (b, a) : (a, b)
        var kernel: Pending
        if graph[kept].type.shape == shape, pending(kept)?.canTake(1) == true, kept != other {
            kernel = try self.kernel(kept)
        } else {
            kernel = elementwise(try view(kept).broadcast(to: shape))
        }
        let operand: ChainStep.Operand
        if let number = number(other) {
            operand = .number(number)
        } else {
            operand = .view(try self.operand(try view(other), of: kernel))
        }
        kernel.steps.append(ChainStep(function, operand, isReversed: isReversed))
        return .pending(kernel)
    }

    /// How much is gained by making the other operand part of this one's kernel.
    private func weight(of value: Graph.Value) -> Int {
        guard let pending = pending(value), pending.canTake(1) else { return 0 }
        return pending.isElementwise ? 1 : 2 + value.index
    }

    /// first half · gelu(second half)
    private mutating func geglu(_ x: Graph.Value, _ shape: Shape) throws -> Pending {
        let (x, last) = (try view(x), shape.rank - 1)
        var kernel = elementwise(x.sliced(last, shape[last]..<2 * shape[last]))
        kernel.steps = [
            ChainStep(.gelu), ChainStep(.multiply, .view(x.sliced(last, 0..<shape[last]))),
        ]
        return kernel
    }

    /// Each operand's kernel writes its share itself where it can.
    private mutating func concat(
        _ operands: [Graph.Value], _ axis: Int, _ node: Graph.Node, _ index: Int
    ) throws -> View {
        let shape = node.type.shape
        let type = storedType(node, index)
        // Feature maps have their channels side by side.
        let order = shape.rank == 4 ? [0, 2, 3, 1] : Array(0..<shape.rank)
        let result = makeView(shape, type, order: order)
        var start = 0
        for operand in operands {
            let end = start + graph[operand].type.shape[axis]
            try write(operand, into: result.sliced(axis, start..<end))
            start = end
        }
        return result
    }

    private mutating func reshape(_ x: Graph.Value, _ shape: Shape) throws -> LoweredValue {
        if var pending = pending(x), pending.reshape(shape) { return .pending(pending) }
        return .view(try reshaped(try view(x), shape))
    }

    private mutating func transpose(_ x: Graph.Value, _ permutation: [Int]) throws -> LoweredValue {
        if var pending = pending(x) {
            pending.transpose(permutation)
            return .pending(pending)
        }
        return .view(try view(x).transposed(permutation))
    }
}
