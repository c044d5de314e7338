import Graph

/// Tensors made into what a device has, and back: WebGPU's only whole numbers have 32 bits, and it has no bfloat16.
struct HostNumbers {
    private let dataType: DataType

    init(_ dataType: DataType) { self.dataType = dataType }

    /// - Throws: `EngineError` for pairs of types that no program has.
    func convert(
        _ source: UnsafeRawBufferPointer, to target: DataType, into bytes: UnsafeMutableRawBufferPointer
    ) throws {
        switch dataType {
        case .uint8: try convert(source.bindMemory(to: UInt8.self), to: target, into: bytes)
        case .int8: try convert(source.bindMemory(to: Int8.self), to: target, into: bytes)
        case .int32: try convert(source.bindMemory(to: Int32.self), to: target, into: bytes)
        case .int64: try convert(source.bindMemory(to: Int64.self), to: target, into: bytes)
        case .bfloat16 where target == .float32:
            let numbers = source.bindMemory(to: UInt16.self)
            let results = bytes.bindMemory(to: Float.self)
            for index in results.indices { results[index] = Float(bitPattern: UInt32(numbers[index]) << 16) }
        case .float32 where target == .bfloat16:
            let numbers = source.bindMemory(to: Float.self)
            let results = bytes.bindMemory(to: UInt16.self)
            for index in results.indices { results[index] = Self.bfloat16(numbers[index]) }
        case .float16, .bfloat16, .float32: throw unsupported(target)
        }
    }

    /// The bits of the nearest, ties to even.
    private static func bfloat16(_ number: Float) -> UInt16 {
        guard !number.isNaN else { return 0x7fc0 }
        let bits = number.bitPattern
        return UInt16(truncatingIfNeeded: (bits + 0x7fff + (bits >> 16 & 1)) >> 16)
    }

    private func convert<Number: BinaryInteger>(
        _ numbers: UnsafeBufferPointer<Number>, to target: DataType, into bytes: UnsafeMutableRawBufferPointer
    ) throws {
        switch target {
        case .uint8: fill(bytes.bindMemory(to: UInt8.self), numbers) { UInt8(clamping: $0) }
        case .int8: fill(bytes.bindMemory(to: Int8.self), numbers) { Int8(clamping: $0) }
        case .int32: fill(bytes.bindMemory(to: Int32.self), numbers) { Int32(clamping: $0) }
        case .int64: fill(bytes.bindMemory(to: Int64.self), numbers) { Int64(clamping: $0) }
        case .float16: fill(bytes.bindMemory(to: Float16.self), numbers) { Float16($0) }
        case .float32: fill(bytes.bindMemory(to: Float.self), numbers) { Float($0) }
        case .bfloat16: throw unsupported(target)
        }
    }

    @inline(__always)
    private func fill<Number, Result>(
        _ results: UnsafeMutableBufferPointer<Result>, _ numbers: UnsafeBufferPointer<Number>,
        _ convert: (Number) -> Result
    ) {
        for index in results.indices { results[index] = convert(numbers[index]) }
    }

    private func unsupported(_ target: DataType) -> EngineError {
        EngineError(.compileFailed, "numbers of \(dataType.rawValue) cannot be made into \(target.rawValue)")
    }
}
