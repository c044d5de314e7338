import Graph

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
