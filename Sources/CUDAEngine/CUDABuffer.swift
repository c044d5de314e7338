import Graph

/// A tensor in the device's memory, row-major. Sequences of tokens are stored as matrices are multiplied, and converted on
/// the host: they are written by settings and read by tests, while frames and pictures go as they are.
final class CUDABuffer: Buffer {
    let type: TensorType
    let memory: DeviceMemory
    private let stored: DataType

    init(_ type: TensorType, stored: DataType, device: any CUDADevice) throws {
        (self.type, self.stored) = (type, stored)
        memory = try DeviceMemory(device, byteCount: max(1, type.shape.elementCount * stored.byteCount))
        try device.clear(memory.address, byteCount: memory.byteCount)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try requireSize(bytes.count)
        guard stored != type.dataType else { return try memory.device.write(bytes, to: memory.address) }
        let narrow = (0..<type.shape.elementCount).map { index in
            stored.narrowed(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
        }
        try narrow.withUnsafeBytes { try memory.device.write($0, to: memory.address) }
    }

    func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        try requireSize(bytes.count)
        guard stored != type.dataType else { return try memory.device.read(memory.address, into: bytes) }
        // Half the size, read into the second half and spread over both from the front.
        let half = UnsafeMutableRawBufferPointer(rebasing: bytes[(bytes.count / 2)...])
        try memory.device.read(memory.address, into: half)
        if stored == .float16 { bytes.widenFloat16() } else { bytes.widenBFloat16() }
    }

    private func requireSize(_ count: Int) throws {
        guard count == type.byteCount else {
            throw EngineError(.runFailed, "\(count) bytes given for a buffer of \(type), which has \(type.byteCount)")
        }
    }
}

extension DataType {
    /// A number's bits in float16 or bfloat16, ties to even.
    fileprivate func narrowed(_ value: Float) -> UInt16 {
        guard self == .bfloat16 else { return Float16(value).bitPattern }
        guard !value.isNaN else { return 0x7fff }
        let bits = value.bitPattern
        return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
    }
}
