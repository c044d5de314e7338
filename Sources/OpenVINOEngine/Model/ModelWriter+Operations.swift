import Graph

extension ModelWriter {
    /// Writes the layers of one node.
    mutating func lower(_ node: Graph.Node) throws -> Port {
        let type = node.type
        switch node.operation {
        case .input, .constant:
            throw EngineError(.compileFailed, "\(node.name) is not among the graph's inputs")
        case .convert:
            // Weights in int8 are packed as they are, and widened as they are multiplied.
            let isWeight = graph[node.operands[0]].isConstant && graph[node.operands[0]].type.dataType == .int8
            return converted(try operand(node.operands[0], isPacked: isWeight), to: type.dataType)
        case .conv2d(let stride, let padding, let groups):
            return try convolution(node, stride, padding, groups)
        case .linear:
            return try linear(node)
        case .attention(let heads, let scale, let causal):
            return try attention(node, heads: heads, scale: scale, causal: causal)
        case .groupNorm(let groups, let epsilon):
            let inputs = [
                try operand(node.operands[0]), try operand(node.operands[1]), try operand(node.operands[2]),
            ]
            return layer(
                "GroupNormalization", 12, "num_groups=\"\(groups)\" epsilon=\"\(epsilon)\"", inputs, type)
        case .layerNorm(let epsilon):
            let axes = integers([type.shape.rank - 1])
            let x = layer(
                "MVN", 6, "eps=\"\(epsilon)\" normalize_variance=\"true\" eps_mode=\"inside_sqrt\"",
                [try operand(node.operands[0]), axes], type)
            let scaled = layer("Multiply", 1, Self.broadcast, [x, try operand(node.operands[1])], type)
            return layer("Add", 1, Self.broadcast, [scaled, try operand(node.operands[2])], type)
        case .unary(let function):
            return unary(function, try operand(node.operands[0]), type)
        case .binary(let function):
            return layer(
                function.layerName, 1, Self.broadcast, [try operand(node.operands[0]), try operand(node.operands[1])],
                type)
        case .clamp(let lower, let upper):
            return layer(
                "Clamp", 1, "min=\"\(lower)\" max=\"\(upper)\"", [try operand(node.operands[0])], type)
        case .geglu:
            let halves = layer(
                "Split", 1, "num_splits=\"2\"", [try operand(node.operands[0]), integer(type.shape.rank - 1)],
                [type, type])
            let gate = layer("Gelu", 7, "approximation_mode=\"ERF\"", [halves[1]], type)
            return layer("Multiply", 1, Self.broadcast, [halves[0], gate], type)
        case .upsampleNearest:
            return upsampleNearest(try operand(node.operands[0]), type)
        case .concat(let axis):
            return layer("Concat", 1, "axis=\"\(axis)\"", try node.operands.map { try operand($0) }, type)
        case .slice(let axis, let start, let end):
            let x = try operand(node.operands[0])
            return layer(
                "Slice", 8, "", [x, integers([start]), integers([end]), integers([1]), integers([axis])], type)
        case .reshape:
            return reshaped(try operand(node.operands[0]), to: type.shape)
        case .transpose(let permutation):
            return transposed(try operand(node.operands[0]), by: permutation)
        case .embedding:
            let (table, ids) = (try operand(node.operands[0]), try operand(node.operands[1]))
            return layer("Gather", 8, "batch_dims=\"0\"", [table, ids, integer(0)], type)
        }
    }

    static let broadcast = "auto_broadcast=\"numpy\""

    private mutating func convolution(
        _ node: Graph.Node, _ stride: Int, _ padding: Graph.Operation.Padding, _ groups: Int
    ) throws -> Port {
        if Winograd.pays(node, graph) { return try winograd(node) }
        let kernel = graph[node.operands[1]].type.shape
        let x = try operand(node.operands[0])
        let attributes =
            "strides=\"\(stride),\(stride)\" dilations=\"1,1\" pads_begin=\"\(padding.top),\(padding.left)\" "
            + "pads_end=\"\(padding.bottom),\(padding.right)\" auto_pad=\"explicit\""
        let bias = node.operands.count > 2 ? node.operands[2] : nil
        let result: Port
        if groups == 1 {
            let weight = try operand(node.operands[1], isPacked: true)
            result = layer("Convolution", 1, attributes, [x, weight], node.type)
        } else {
            let grouped = Shape([groups, kernel[0] / groups] + kernel.dimensions.dropFirst())
            let weight = try operand(node.operands[1], as: grouped)
            result = layer("GroupConvolution", 1, attributes, [x, weight], node.type)
        }
        guard let bias else { return result }
        let addend = try operand(bias, as: [1, kernel[0], 1, 1])
        return layer("Add", 1, Self.broadcast, [result, addend], node.type)
    }

    private mutating func linear(_ node: Graph.Node) throws -> Port {
        let inputs = [try operand(node.operands[0]), try operand(node.operands[1], isPacked: true)]
        let bias = node.operands.count > 2 ? node.operands[2] : nil
        let product = layer(
            "MatMul", 1, "transpose_a=\"false\" transpose_b=\"true\"", inputs, node.type)
        guard let bias else { return product }
        return layer("Add", 1, Self.broadcast, [product, try operand(bias)], node.type)
    }

    private mutating func attention(
        _ node: Graph.Node, heads: Int, scale: Float, causal: Bool
    ) throws -> Port {
        var split: [Port] = []
        for value in node.operands {
            let x = try operand(value)
            let perHead = reshaped(x, to: [x.shape[0], x.shape[1], heads, x.shape[2] / heads])
            split.append(transposed(perHead, by: [0, 2, 1, 3]))
        }
        // The operation's own scale is 1/√(channels a head); a mask would have to come before another one.
        let standard = 1 / Float(split[0].shape[3]).squareRoot()
        if scale != standard {
            let factor = number(scale / standard)
            split[0] = layer("Multiply", 1, Self.broadcast, [split[0], factor], split[0].type)
        }
        let result = layer("ScaledDotProductAttention", 13, "causal=\"\(causal)\"", split, split[0].type)
        return reshaped(transposed(result, by: [0, 2, 1, 3]), to: node.type.shape)
    }

    private mutating func unary(
        _ function: Graph.Operation.Unary, _ x: Port, _ type: TensorType
    ) -> Port {
        switch function {
        case .silu: layer("Swish", 4, "", [x], type)
        case .gelu: layer("Gelu", 7, "approximation_mode=\"ERF\"", [x], type)
        case .geluTanh: layer("Gelu", 7, "approximation_mode=\"TANH\"", [x], type)
        case .quickGelu: layer("Swish", 4, "", [x, number(1.702)], type)
        case .relu: layer("ReLU", 1, "", [x], type)
        case .tanh: layer("Tanh", 1, "", [x], type)
        case .sigmoid: layer("Sigmoid", 1, "", [x], type)
        case .sin: layer("Sin", 1, "", [x], type)
        case .cos: layer("Cos", 1, "", [x], type)
        case .exp: layer("Exp", 1, "", [x], type)
        case .sqrt: layer("Sqrt", 1, "", [x], type)
        case .round: layer("Round", 5, "mode=\"half_to_even\"", [x], type)
        }
    }

    private mutating func upsampleNearest(_ x: Port, _ type: TensorType) -> Port {
        let (from, to) = (x.shape, type.shape)
        if to[2] % from[2] == 0 && to[3] % from[3] == 0 {
            let inputs = [x, integers([to[2], to[3]]), integers([2, 3])]
            return layer(
                "Interpolate", 11,
                "mode=\"nearest\" shape_calculation_mode=\"sizes\" coordinate_transformation_mode=\"asymmetric\" "
                    + "nearest_mode=\"floor\" antialias=\"false\" pads_begin=\"0,0,0,0\" pads_end=\"0,0,0,0\" "
                    + "cube_coeff=\"-0.75\"", inputs, type)
        }
        // Interpolate multiplies by a rounded scale, which can land on the neighbour's side of an index.
        let rows = integers((0..<to[2]).map { $0 * from[2] / to[2] })
        let columns = integers((0..<to[3]).map { $0 * from[3] / to[3] })
        let tall = TensorType([to[0], to[1], to[2], from[3]], type.dataType)
        let taller = layer("Gather", 8, "batch_dims=\"0\"", [x, rows, integer(2)], tall)
        return layer("Gather", 8, "batch_dims=\"0\"", [taller, columns, integer(3)], type)
    }
}

extension Graph.Operation.Binary {
    fileprivate var layerName: String {
        switch self {
        case .add: "Add"
        case .subtract: "Subtract"
        case .multiply: "Multiply"
        case .divide: "Divide"
        }
    }
}
