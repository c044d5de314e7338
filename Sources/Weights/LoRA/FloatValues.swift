import Graph

/// A weight's numbers as float32, whatever they are stored as.
struct FloatValues: Sendable {
    let data: any ConstantData
    private let elementType: ElementType

    init(_ data: any ConstantData, _ elementType: ElementType) { (self.data, self.elementType) = (data, elementType) }

    func values(count: Int) throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            try copy(into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initialized = count
        }
    }

    func copy(into floats: UnsafeMutableBufferPointer<Float>) throws {
        let raw = UnsafeMutableRawBufferPointer(floats)
        guard elementType.bitCount == 16 else { return try data.copy(into: raw) }
        // Into the upper half, from which each number moves forward without passing one that is still to be read.
        let half = UnsafeMutableRawBufferPointer(rebasing: raw[(raw.count / 2)...])
        try data.copy(into: half)
        for index in floats.indices {
            let bits = half.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
            floats[index] =
                elementType == .f16 ? Float(Float16(bitPattern: bits)) : Float(bitPattern: UInt32(bits) << 16)
        }
    }
}
