import COpenVINO
import Graph

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
