import Graph

extension GraphLowering {
    /// Appends what computes one node.
    mutating func lower(_ node: Graph.Node) throws -> ONNXModel.Tensor {
        let (name, shape) = (node.name, node.type.shape)
        switch node.operation {
        case .input, .constant:
            throw EngineError(.compileFailed, "\(node.name) is not among the graph's inputs")
        case .convert:
            if node.type.dataType == .bfloat16 && !types.hasBFloat16 {
                return roundedToBFloat16(cast(try unconverted(node.operands[0]), to: .float32, name), name)
            }
            return cast(try unconverted(node.operands[0]), to: types.computed(node.type.dataType), name)
        case .conv2d(let stride, let padding, let groups):
            let kernel = graph[node.operands[1]].type.shape
            return self.node(
                "Conv", name, try node.operands.map { try operand($0) },
                [
                    .ints("kernel_shape", [kernel[2], kernel[3]]), .ints("strides", [stride, stride]),
                    .ints("pads", [padding.top, padding.left, padding.bottom, padding.right]), .int("group", groups),
                ], shape)
        case .linear:
            let x = try operand(node.operands[0])
            // WebGPU multiplies no lone vectors.
            let rows = x.shape.rank == 1 ? reshaped(x, to: [1, x.shape[0]], name) : x
            let matrix = try operand(node.operands[1], isTransposed: true)
            let result = Shape(rows.shape.dimensions.dropLast() + [shape[-1]])
            let product = reshaped(self.node("MatMul", name, [rows, matrix], [], result), to: shape, name)
            guard node.operands.count > 2 else { return product }
            return self.node("Add", name, [product, try operand(node.operands[2])], [], shape)
        case .attention(let heads, let scale, let causal):
            return try attention(node, heads: heads, scale: scale, causal: causal)
        case .groupNorm(let groups, let epsilon):
            return try groupNorm(node, groups: groups, epsilon: epsilon)
        case .layerNorm(let epsilon):
            return self.node(
                "LayerNormalization", name, try node.operands.map { try operand($0) },
                [.int("axis", -1), .float("epsilon", epsilon)], shape)
        case .unary(let function):
            return unary(function, try operand(node.operands[0]), name)
        case .binary(let function):
            return self.node(
                function.operatorName, name, try node.operands.map { try operand($0) }, [], shape)
        case .clamp(let lower, let upper):
            return self.node(
                "Clip", name, [try operand(node.operands[0]), numbers([lower], []), numbers([upper], [])], [], shape)
        case .geglu:
            let halves = nodes(
                "Split", name, [try operand(node.operands[0])],
                [.int("axis", shape.rank - 1), .int("num_outputs", 2)], shape, count: 2)
            let gate = self.node("Gelu", name, [halves[1]], [], shape)
            return self.node("Mul", name, [halves[0], gate], [], shape)
        case .upsampleNearest:
            return upsampleNearest(try operand(node.operands[0]), shape, name)
        case .concat(let axis):
            return self.node("Concat", name, try node.operands.map { try operand($0) }, [.int("axis", axis)], shape)
        case .slice(let axis, let start, let end):
            return slice(try operand(node.operands[0]), axis: axis, start..<end, name)
        case .reshape:
            return reshaped(try operand(node.operands[0]), to: shape, name)
        case .transpose(let permutation):
            return transposed(try operand(node.operands[0]), by: permutation, name)
        case .embedding:
            return self.node("Gather", name, try node.operands.map { try operand($0) }, [.int("axis", 0)], shape)
        }
    }

    private mutating func slice(
        _ x: ONNXModel.Tensor, axis: Int, _ range: Range<Int>, _ name: String
    ) -> ONNXModel.Tensor {
        var dimensions = x.shape.dimensions
        dimensions[axis] = range.count
        return node(
            "Slice", name, [x, integers([range.lowerBound]), integers([range.upperBound]), integers([axis])], [],
            Shape(dimensions))
    }

    /// As instance normalisation of the groups, which every provider has; GroupNormalization itself not all have.
    private mutating func groupNorm(_ node: Graph.Node, groups: Int, epsilon: Float) throws -> ONNXModel.Tensor {
        let (shape, name) = (node.type.shape, node.name)
        let x = cast(try operand(node.operands[0]), to: types.normalising, name)
        var grouped = reshaped(x, to: [shape[0], groups, shape.elementCount / shape[0] / groups], name)
        if types.losesVariances {
            // Neither result changes with where zero lies, and a group's first number is near its others.
            let first = slice(grouped, axis: 2, 0..<1, name)
            grouped = self.node("Sub", name, [grouped, first], [], grouped.shape)
        }
        let (ones, zeros) = ([Float](repeating: 1, count: groups), [Float](repeating: 0, count: groups))
        let normal = self.node(
            "InstanceNormalization", name,
            [grouped, numbers(ones, [groups], types.normalising), numbers(zeros, [groups], types.normalising)],
            [.float("epsilon", epsilon)], grouped.shape)
        let perChannel = Shape([1, shape[1]] + shape.dimensions.dropFirst(2).map { _ in 1 })
        let whole = cast(reshaped(normal, to: shape, name), to: types.floatingPoint, name)
        let scaled = self.node(
            "Mul", name, [whole, try operand(node.operands[1], as: perChannel)], [], shape)
        return self.node("Add", name, [scaled, try operand(node.operands[2], as: perChannel)], [], shape)
    }

    /// Spelled out, and in parts of the queries, so that the scores fit into the buffers of small devices.
    private mutating func attention(
        _ node: Graph.Node, heads: Int, scale: Float, causal: Bool
    ) throws -> ONNXModel.Tensor {
        let name = node.name
        let (batch, queries, width) = (node.type.shape[0], node.type.shape[1], node.type.shape[2])
        let keys = graph[node.operands[1]].type.shape[1]
        let channels = width / heads
        func split(_ x: ONNXModel.Tensor, _ permutation: [Int], _ lowering: inout GraphLowering) -> ONNXModel.Tensor {
            let perHead = lowering.reshaped(x, to: [batch, x.shape[1], heads, channels], name)
            return lowering.transposed(perHead, by: permutation, name)
        }
        // Scaled before the product: its sums would leave float16's range.
        let scaled = self.node(
            "Mul", name, [try operand(node.operands[0]), numbers([scale], [1])], [], node.type.shape)
        let query = split(scaled, [0, 2, 1, 3], &self)
        let key = split(try operand(node.operands[1]), [0, 2, 3, 1], &self)
        let value = split(try operand(node.operands[2]), [0, 2, 1, 3], &self)

        let row = batch * heads * keys * types.floatingPoint.byteCount
        let part = min(queries, max(largestScores / row, 1))
        var results: [ONNXModel.Tensor] = []
        for start in stride(from: 0, to: queries, by: part) {
            let range = start..<min(start + part, queries)
            let some = range.count == queries ? query : slice(query, axis: 2, range, name)
            var scores = self.node("MatMul", name, [some, key], [], [batch, heads, range.count, keys])
            if causal {
                let mask = range.flatMap { row in (0..<keys).map { $0 > row ? -30000 : Float(0) } }
                scores = self.node("Add", name, [scores, numbers(mask, [range.count, keys])], [], scores.shape)
            }
            let weights = self.node("Softmax", name, [scores], [.int("axis", -1)], scores.shape)
            results.append(self.node("MatMul", name, [weights, value], [], [batch, heads, range.count, channels]))
        }
        let whole =
            results.count == 1
            ? results[0] : self.node("Concat", name, results, [.int("axis", 2)], [batch, heads, queries, channels])
        return reshaped(transposed(whole, by: [0, 2, 1, 3], name), to: node.type.shape, name)
    }

    private mutating func unary(
        _ function: Graph.Operation.Unary, _ x: ONNXModel.Tensor, _ name: String
    ) -> ONNXModel.Tensor {
        switch function {
        case .silu: return gated(x, by: x, name)
        case .quickGelu: return gated(x, by: node("Mul", name, [x, numbers([1.702], [1])], [], x.shape), name)
        case .gelu: return node("Gelu", name, [x], [], x.shape)
        case .geluTanh: return node("Gelu", name, [x], [.string("approximate", "tanh")], x.shape)
        case .relu: return node("Relu", name, [x], [], x.shape)
        case .tanh: return node("Tanh", name, [x], [], x.shape)
        case .sigmoid: return node("Sigmoid", name, [x], [], x.shape)
        case .sin: return node("Sin", name, [x], [], x.shape)
        case .cos: return node("Cos", name, [x], [], x.shape)
        case .exp: return node("Exp", name, [x], [], x.shape)
        case .sqrt: return node("Sqrt", name, [x], [], x.shape)
        case .round: return rounded(x, name)
        }
    }

    /// Ties to even. WebGPU has no Round: below an even number ⌈x - ½⌉ is it, below an odd one ⌊x + ½⌋; the two differ in
    /// ties alone.
    private mutating func rounded(_ x: ONNXModel.Tensor, _ name: String) -> ONNXModel.Tensor {
        guard !types.hasRound else { return node("Round", name, [x], [], x.shape) }
        func combine(_ operation: String, _ a: ONNXModel.Tensor, _ b: ONNXModel.Tensor) -> ONNXModel.Tensor {
            node(operation, name, [a, b], [], x.shape)
        }
        func floor(_ x: ONNXModel.Tensor) -> ONNXModel.Tensor { node("Floor", name, [x], [], x.shape) }
        let (half, two) = (numbers([0.5], [1]), numbers([2], [1]))
        let below = floor(x)
        let isOdd = combine("Sub", below, combine("Mul", floor(combine("Mul", below, half)), two))
        let even = node("Ceil", name, [combine("Sub", x, half)], [], x.shape)
        let odd = floor(combine("Add", x, half))
        return combine("Add", even, combine("Mul", isOdd, combine("Sub", odd, even)))
    }

    /// Float32 to the nearest number of bfloat16's 8 bits, by Veltkamp's splitting (Dekker, "A floating-point technique for
    /// extending the available precision", 1971).
    private mutating func roundedToBFloat16(_ x: ONNXModel.Tensor, _ name: String) -> ONNXModel.Tensor {
        let scaled = node("Mul", name, [x, numbers([65537], [1], .float32)], [], x.shape)
        let rest = node("Sub", name, [scaled, x], [], x.shape)
        return node("Sub", name, [scaled, rest], [], x.shape)
    }

    private mutating func gated(
        _ x: ONNXModel.Tensor, by gate: ONNXModel.Tensor, _ name: String
    ) -> ONNXModel.Tensor {
        let sigmoid = node("Sigmoid", name, [gate], [], x.shape)
        return node("Mul", name, [x, sigmoid], [], x.shape)
    }

    private mutating func upsampleNearest(
        _ x: ONNXModel.Tensor, _ shape: Shape, _ name: String
    ) -> ONNXModel.Tensor {
        let from = x.shape
        if shape[2] % from[2] == 0 && shape[3] % from[3] == 0 {
            // The second input, a region of interest, is left out.
            let scales = [1, 1, Float(shape[2] / from[2]), Float(shape[3] / from[3])]
            let region = ONNXModel.Tensor(name: "", type: TensorType([0]))
            return node(
                "Resize", name, [x, region, floats(scales)],
                [
                    .string("mode", "nearest"), .string("coordinate_transformation_mode", "asymmetric"),
                    .string("nearest_mode", "floor"),
                ], shape)
        }
        // Resize multiplies by a rounded scale, which can land on the neighbour's side of an index.
        let rows = integers((0..<shape[2]).map { $0 * from[2] / shape[2] })
        let columns = integers((0..<shape[3]).map { $0 * from[3] / shape[3] })
        let taller = node("Gather", name, [x, rows], [.int("axis", 2)], [shape[0], shape[1], shape[2], from[3]])
        return node("Gather", name, [taller, columns], [.int("axis", 3)], shape)
    }
}

extension Graph.Operation.Binary {
    fileprivate var operatorName: String {
        switch self {
        case .add: "Add"
        case .subtract: "Sub"
        case .multiply: "Mul"
        case .divide: "Div"
        }
    }
}
