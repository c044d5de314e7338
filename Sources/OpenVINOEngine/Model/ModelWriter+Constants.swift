import COpenVINO
import Graph

extension ModelWriter {
    mutating func constant(at offset: Int, _ type: TensorType) -> Port {
        layer(
            "Const", 1,
            "element_type=\"\(type.dataType.elementType)\" shape=\"\(Self.list(type.shape))\" offset=\"\(offset)\" "
                + "size=\"\(type.byteCount)\"", [], type)
    }

    mutating func constant(_ data: InlineConstant, _ type: TensorType) -> Port {
        constant(at: constants.place(data, type), type)
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

    /// An operand. A constant is written where it is used, so that it can take the shape it is needed in.
    /// - Parameter isPacked: whether it is a weight that the device rearranges for itself.
    mutating func operand(_ value: Graph.Value, as shape: Shape? = nil, isPacked: Bool = false) throws -> Port {
        let node = graph[value]
        let shape = shape ?? node.type.shape
        if case .constant(let data) = node.operation {
            let offset = constants.place(data, node.type, node: value.index, as: .asStored, isPacked: isPacked)
            return constant(at: offset, TensorType(shape, node.type.dataType))
        }
        // Widened as it is read: left to OpenVINO, both forms would stay in its memory.
        if let source = graph.widenedConstant(node), case .constant(let data) = graph[source].operation {
            let offset = constants.place(
                data, graph[source].type, node: source.index, as: .widened, isPacked: isPacked)
            return constant(at: offset, TensorType(shape, .float32))
        }
        guard let port = ports[value.index] else {
            throw EngineError(.compileFailed, "\(node.name) is read before it is computed")
        }
        return port.shape == shape ? port : reshaped(port, to: shape)
    }
}

extension Graph {
    /// The constant that `node` is in float32, if that is all it is.
    func widenedConstant(_ node: Node) -> Value? {
        guard case .convert = node.operation, node.type.dataType == .float32 else { return nil }
        let source = self[node.operands[0]]
        guard source.isConstant, source.type.dataType == .float16 || source.type.dataType == .bfloat16 else {
            return nil
        }
        return node.operands[0]
    }
}

extension Graph.Node {
    var isConstant: Bool {
        if case .constant = operation { true } else { false }
    }
}

extension DataType {
    /// The number in `ov_element_type_e`.
    var openVINOCode: Int32 {
        switch self {
        case .int8: Int32(COpenVINO_i8)
        case .uint8: Int32(COpenVINO_u8)
        case .int32: Int32(COpenVINO_i32)
        case .int64: Int32(COpenVINO_i64)
        case .float16: Int32(COpenVINO_f16)
        case .bfloat16: Int32(COpenVINO_bf16)
        case .float32: Int32(COpenVINO_f32)
        }
    }

    /// The name of an `element_type` attribute in an IR.
    var elementType: String {
        switch self {
        case .int8: "i8"
        case .uint8: "u8"
        case .int32: "i32"
        case .int64: "i64"
        case .float16: "f16"
        case .bfloat16: "bf16"
        case .float32: "f32"
        }
    }

    /// The name of a port's `precision` attribute in an IR.
    var portPrecision: String {
        switch self {
        case .int8: "I8"
        case .uint8: "U8"
        case .int32: "I32"
        case .int64: "I64"
        case .float16: "FP16"
        case .bfloat16: "BF16"
        case .float32: "FP32"
        }
    }
}
