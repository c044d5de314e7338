internal import Graph

extension ModelWriter {
    mutating func constant(_ data: any ConstantData, _ type: TensorType) -> Port {
        let offset = constants.place(data, byteCount: type.byteCount)
        return layer(
            "Const", 1,
            "element_type=\"\(type.dataType.elementType)\" shape=\"\(Self.list(type.shape))\" offset=\"\(offset)\" "
                + "size=\"\(type.byteCount)\"", [], type)
    }

    mutating func integers(_ numbers: [Int]) -> Port {
        constant(InlineConstant(numbers.map(Int64.init)), TensorType([numbers.count], .int64))
    }

    mutating func integer(_ number: Int) -> Port {
        constant(InlineConstant([Int64(number)]), TensorType([], .int64))
    }

    mutating func number(_ number: Float) -> Port { constant(InlineConstant([number]), TensorType([])) }

    mutating func reshaped(_ port: Port, to shape: Shape) -> Port {
        let target = integers(shape.dimensions)
        return layer(
            "Reshape", 1, "special_zero=\"false\"", [port, target], TensorType(shape, port.type.dataType))
    }

    mutating func transposed(_ port: Port, by permutation: [Int]) -> Port {
        let order = integers(permutation)
        let shape = Shape(permutation.map { port.shape[$0] })
        return layer("Transpose", 1, "", [port, order], TensorType(shape, port.type.dataType))
    }

    mutating func converted(_ port: Port, to dataType: DataType) -> Port {
        layer(
            "Convert", 1, "destination_type=\"\(dataType.elementType)\"", [port], TensorType(port.shape, dataType))
    }

    /// An operand; a constant is written where it is used, so that it can take the shape it is needed in.
    mutating func operand(_ value: Graph.Value, as shape: Shape? = nil) throws -> Port {
        let node = graph[value]
        let shape = shape ?? node.type.shape
        switch node.operation {
        case .constant(let data):
            return constant(data, TensorType(shape, node.type.dataType))
        case .convert where shape != node.type.shape && graph[node.operands[0]].isConstant:
            return converted(try operand(node.operands[0], as: shape), to: node.type.dataType)
        default:
            guard let port = ports[value.index] else {
                throw EngineError(.compileFailed, "\(node.name) is read before it is computed")
            }
            return port.shape == shape ? port : reshaped(port, to: shape)
        }
    }
}

extension Graph.Node {
    var isConstant: Bool {
        if case .constant = operation { true } else { false }
    }
}
