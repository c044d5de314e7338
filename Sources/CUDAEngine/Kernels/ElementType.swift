import CUDAKernels
import Graph

/// What the kernels multiply; they add in float32. The raw value is its name in their sources.
package enum ElementType: String, Sendable, Hashable, CaseIterable {
    case float32 = "float"
    case bfloat16, float16

    var dataType: DataType {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }

    /// Elements in 16 bytes.
    var vector: Int { 16 / dataType.byteCount }
}

extension DataType {
    /// The number in `cuda_type`.
    var cudaCode: Int32 {
        let code: cuda_type =
            switch self {
            case .int8: CUDA_INT8
            case .uint8: CUDA_UINT8
            case .int32: CUDA_INT32
            case .int64: CUDA_INT64
            case .float16: CUDA_FLOAT16
            case .bfloat16: CUDA_BFLOAT16
            case .float32: CUDA_FLOAT32
            }
        return Int32(code.rawValue)
    }
}
