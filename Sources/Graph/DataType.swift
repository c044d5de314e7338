/// The element types that weights come in and programs work with.
package enum DataType: String, Sendable, Hashable, CaseIterable {
    case int8, uint8, int32, int64, float16, bfloat16, float32

    /// Bytes one element takes.
    package var byteCount: Int {
        switch self {
        case .int8, .uint8: 1
        case .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64: 8
        }
    }

    package var isFloatingPoint: Bool {
        switch self {
        case .float16, .bfloat16, .float32: true
        case .int8, .uint8, .int32, .int64: false
        }
    }
}
