import Graph

/// The element types that safetensors files name.
package enum ElementType: String, Sendable, Hashable, CaseIterable {
    case bool = "BOOL"
    case f4 = "F4"
    case f6E2M3 = "F6_E2M3"
    case f6E3M2 = "F6_E3M2"
    case u8 = "U8"
    case i8 = "I8"
    case f8E5M2 = "F8_E5M2"
    case f8E4M3 = "F8_E4M3"
    case f8E8M0 = "F8_E8M0"
    case f8E4M3FNUZ = "F8_E4M3FNUZ"
    case f8E5M2FNUZ = "F8_E5M2FNUZ"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case c64 = "C64"
    case f64 = "F64"
    case i64 = "I64"
    case u64 = "U64"

    /// Bits one element takes.
    package var bitCount: Int {
        switch self {
        case .f4: 4
        case .f6E2M3, .f6E3M2: 6
        case .bool, .u8, .i8, .f8E5M2, .f8E4M3, .f8E8M0, .f8E4M3FNUZ, .f8E5M2FNUZ: 8
        case .i16, .u16, .f16, .bf16: 16
        case .i32, .u32, .f32: 32
        case .c64, .f64, .i64, .u64: 64
        }
    }

    /// The type that engines take these bytes as, or nil for the types that they do not know.
    var storedType: DataType? {
        switch self {
        case .f16: .float16
        case .bf16: .bfloat16
        case .f32: .float32
        default: nil
        }
    }
}

/// A tensor's bytes in a file.
struct FileConstant: ConstantData {
    let file: any ModelFile
    let bytes: Range<Int>
    let elementType: ElementType
    /// For messages.
    let tensor: String

    /// - Throws: also where a number is infinite or not a number: the picture would come out black, frames later and
    ///   with no hint at the reason.
    func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
        precondition(buffer.count == bytes.count, "the buffer must have the constant's size")
        try file.read(at: bytes.lowerBound, into: buffer)
        if let type = elementType.storedType, let offset = UnsafeRawBufferPointer(buffer).firstNotFinite(type) {
            throw WeightsError(
                .notFinite,
                "this number is infinite or NaN: the file is damaged, or was spoilt when it was trained or converted",
                file: file.name, tensor: tensor, byte: bytes.lowerBound + offset)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Offset of the first number whose exponent is all ones, which is infinite or NaN.
    func firstNotFinite(_ type: DataType) -> Int? {
        switch type {
        case .float32: firstWord(withAllOf: UInt32(0x7F80_0000))
        case .float16: firstWord(withAllOf: UInt16(0x7C00))
        case .bfloat16: firstWord(withAllOf: UInt16(0x7F80))
        case .int8, .uint8, .int32, .int64: nil
        }
    }

    /// Looks through whole blocks without a branch for each word, because gigabytes pass here.
    private func firstWord<Word: FixedWidthInteger>(withAllOf mask: Word) -> Int? {
        let width = MemoryLayout<Word>.size
        let block = 4096
        for start in stride(from: 0, to: count, by: block) {
            let end = Swift.min(start + block, count)
            var found: Word = 0
            for offset in stride(from: start, to: end, by: width) {
                let bits = loadUnaligned(fromByteOffset: offset, as: Word.self) & mask
                found |= bits == mask ? 1 : 0
            }
            guard found != 0 else { continue }
            return stride(from: start, to: end, by: width).first {
                loadUnaligned(fromByteOffset: $0, as: Word.self) & mask == mask
            }
        }
        return nil
    }
}
