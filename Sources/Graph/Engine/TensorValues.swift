/// A weight's numbers as float32, whatever they are stored as.
package struct FloatValues: Sendable {
    package let data: any ConstantData
    private let stored: DataType

    /// - Parameter stored: float16, bfloat16 or float32.
    package init(_ data: any ConstantData, _ stored: DataType) { (self.data, self.stored) = (data, stored) }

    package func values(count: Int) throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            try copy(into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initialized = count
        }
    }

    package func copy(into floats: UnsafeMutableBufferPointer<Float>) throws {
        let bytes = UnsafeMutableRawBufferPointer(floats)
        guard stored != .float32 else { return try data.copy(into: bytes) }
        // Half the size, read into the second half and spread over both from the front.
        try data.copy(into: UnsafeMutableRawBufferPointer(rebasing: bytes[(bytes.count / 2)...]))
        if stored == .float16 { bytes.widenFloat16() } else { bytes.widenBFloat16() }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The second half holds float16 numbers; all of it holds them as float32 afterwards.
    package func widenFloat16() {
        // The exponents' biases differ by 112; multiplying by 2¹¹² also makes subnormals right. Infinity and NaN do
        // not come through: weights that hold any are refused when they are read.
        widen(scale: Float(bitPattern: (127 + 112) << 23)) { wide in
            ((wide & 0x7fff) &<< 13, (wide & 0x8000) &<< 16)
        }
    }

    /// The second half holds bfloat16 numbers; all of it holds them as float32 afterwards.
    package func widenBFloat16() {
        widen(scale: 1) { wide in ((wide & 0x7fff) &<< 16, (wide & 0x8000) &<< 16) }
    }

    /// Front to back: a block is read before anything at or behind it is written over.
    @inline(__always)
    private func widen(
        scale: Float,
        _ parts: (SIMD16<UInt32>) -> (magnitude: SIMD16<UInt32>, sign: SIMD16<UInt32>)
    ) {
        let (count, half) = (count / 4, count / 2)
        let wholeBlocks = count / 16 * 16
        for index in stride(from: 0, to: wholeBlocks, by: 16) {
            let narrow = loadUnaligned(fromByteOffset: half + 2 * index, as: SIMD16<UInt16>.self)
            let (magnitude, sign) = parts(SIMD16<UInt32>(truncatingIfNeeded: narrow))
            let scaled = unsafeBitCast(magnitude, to: SIMD16<Float>.self) * scale
            storeBytes(
                of: unsafeBitCast(scaled, to: SIMD16<UInt32>.self) | sign, toByteOffset: 4 * index,
                as: SIMD16<UInt32>.self)
        }
        for index in wholeBlocks..<count {
            let narrow = loadUnaligned(fromByteOffset: half + 2 * index, as: UInt16.self)
            let (magnitude, sign) = parts(SIMD16(repeating: UInt32(narrow)))
            let scaled = Float(bitPattern: magnitude[0]) * scale
            storeBytes(of: scaled.bitPattern | sign[0], toByteOffset: 4 * index, as: UInt32.self)
        }
    }
}
