package import Graph

/// A tensor as the reference engine computes with it: every number a Float, whatever type it is stored in.
///
/// Token ids stay below 2²⁴, so a Float holds them exactly.
package struct HostTensor: Sendable {
    package let shape: Shape
    package var values: [Float]

    package init(shape: Shape, values: [Float]) {
        precondition(values.count == shape.elementCount)
        (self.shape, self.values) = (shape, values)
    }

    init(zeros type: TensorType) {
        self.init(shape: type.shape, values: [Float](repeating: 0, count: type.shape.elementCount))
    }

    /// Widens stored bytes.
    package init(bytes: UnsafeRawBufferPointer, type: TensorType) throws {
        guard bytes.count == type.byteCount else {
            throw EngineError(.runFailed, "\(bytes.count) bytes were given for a tensor of \(type.byteCount)")
        }
        func widen<Element>(_: Element.Type, _ transform: (Element) -> Float) -> [Float] {
            (0..<type.shape.elementCount).map { index in
                transform(bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.stride, as: Element.self))
            }
        }
        shape = type.shape
        values =
            switch type.dataType {
            case .int8: widen(Int8.self) { Float($0) }
            case .uint8: widen(UInt8.self) { Float($0) }
            case .int32: widen(Int32.self) { Float($0) }
            case .int64: widen(Int64.self) { Float($0) }
            case .float16: widen(Float16.self) { Float($0) }
            case .bfloat16: widen(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
            case .float32: widen(Float.self) { $0 }
            }
    }

    /// Narrows to the stored type; integers truncate toward zero and saturate.
    package func copyBytes(into bytes: UnsafeMutableRawBufferPointer, as dataType: DataType) throws {
        guard bytes.count == values.count * dataType.byteCount else {
            throw EngineError(.runFailed, "\(bytes.count) bytes were given to read \(values.count) \(dataType) numbers")
        }
        func narrow<Element>(_ transform: (Float) -> Element) {
            for (index, value) in values.enumerated() {
                bytes.storeBytes(
                    of: transform(value), toByteOffset: index * MemoryLayout<Element>.stride, as: Element.self)
            }
        }
        switch dataType {
        case .int8: narrow { Int8(max(-128, min(127, $0.isNaN ? 0 : $0))) }
        case .uint8: narrow { UInt8(max(0, min(255, $0.isNaN ? 0 : $0))) }
        case .int32: narrow { Int32($0) }
        case .int64: narrow { Int64($0) }
        case .float16: narrow { Float16($0) }
        case .bfloat16: narrow { roundedToBFloat16($0) }
        case .float32: narrow { $0 }
        }
    }
}

/// The upper half of a Float, ties to even.
func roundedToBFloat16(_ value: Float) -> UInt16 {
    guard !value.isNaN else { return 0x7fc0 }
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
}
