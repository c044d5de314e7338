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
