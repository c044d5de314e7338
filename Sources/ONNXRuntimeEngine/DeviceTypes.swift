import CONNXRuntime
import Graph

/// How a device keeps and computes the numbers of a graph.
struct DeviceTypes: Sendable, Hashable {
    /// What stands for float32 inside a program.
    var floatingPoint = DataType.float32
    /// Whether the device's only whole numbers have 32 bits, as in WebGPU's shading language.
    var hasOnlyInt32 = false
    /// Whether it has the operator Round.
    var hasRound = true
    /// Whether it has bfloat16; where not, such tensors are float32 that holds bfloat16's numbers only.
    var hasBFloat16 = true
    /// Whether its normalisations take the variance as the mean square less the squared mean: far from zero, the
    /// difference of two large numbers, of which little is left.
    var losesVariances = false
    /// What means and variances are computed in: in float16, the CPU provider loses numbers that lie far from zero.
    var normalising = DataType.float32

    /// What a buffer of the graph's type is on the device.
    func bound(_ type: TensorType) -> TensorType {
        TensorType(type.shape, bound(type.dataType))
    }

    /// What is computed in place of the graph's type.
    func computed(_ dataType: DataType) -> DataType {
        dataType == .float32 ? floatingPoint : bound(dataType)
    }

    private func bound(_ dataType: DataType) -> DataType {
        switch dataType {
        case .uint8, .int8, .int32, .int64: hasOnlyInt32 ? .int32 : dataType
        case .bfloat16: hasBFloat16 ? .bfloat16 : .float32
        case .float16, .float32: dataType
        }
    }

    /// Whether a constant can be read in another type than it is stored in.
    func reads(_ stored: DataType, as other: DataType) -> Bool {
        switch other {
        case .float32, .float16: true
        case .bfloat16: stored == .bfloat16
        case .int8, .uint8, .int32, .int64: !stored.isFloatingPoint
        }
    }
}

extension DataType {
    /// The number in `ONNXTensorElementDataType`, and in an operator's attributes.
    var onnxCode: Int32 {
        switch self {
        case .int8: Int32(CONNXRuntime_int8)
        case .uint8: Int32(CONNXRuntime_uint8)
        case .int32: Int32(CONNXRuntime_int32)
        case .int64: Int32(CONNXRuntime_int64)
        case .float16: Int32(CONNXRuntime_float16)
        case .bfloat16: Int32(CONNXRuntime_bfloat16)
        case .float32: Int32(CONNXRuntime_float32)
        }
    }
}
