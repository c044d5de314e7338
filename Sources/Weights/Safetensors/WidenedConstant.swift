import Graph

extension WeightTensor {
    /// The numbers as models compute with them: as they are stored where engines know the type, else widened as they
    /// are read. fp8 loses nothing in float16; float64 is rounded to float32, as torch's `.float()` does it.
    /// - Throws: where they are not floating-point numbers.
    func numbers() throws -> (data: any ConstantData, type: DataType) {
        if let type = elementType.storedType { return (data, type) }
        let type: DataType
        switch elementType {
        case .f8E4M3, .f8E5M2: type = .float16
        case .f64: type = .float32
        default:
            throw WeightsError(
                .unsupported,
                "its elements are \(elementType.rawValue), where weights are F64, F32, F16, BF16, F8_E4M3 or F8_E5M2; "
                    + "use another variant of the model",
                at: location)
        }
        return (WidenedConstant(base: data, stored: elementType, location: location), type)
    }

    /// One number of any type, such as a LoRA's alpha, which PEFT writes as int64 where it was a whole number.
    func scalar() throws -> Float {
        guard shape.elementCount == 1 else {
            throw WeightsError(.mismatch, "this must be one number, not \(shape)", at: location)
        }
        func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Float {
            Float(try bytes().withUnsafeBytes { $0.loadUnaligned(as: type) })
        }
        switch elementType {
        case .i64: return try integer(Int64.self)
        case .i32: return try integer(Int32.self)
        case .i16: return try integer(Int16.self)
        case .i8: return try integer(Int8.self)
        case .u64: return try integer(UInt64.self)
        case .u32: return try integer(UInt32.self)
        case .u16: return try integer(UInt16.self)
        case .u8: return try integer(UInt8.self)
        default:
            let (data, type) = try numbers()
            return try FloatValues(data, type).values(count: 1)[0]
        }
    }
}

/// Numbers of a type that engines do not know, in the next larger one that they do.
struct WidenedConstant: ConstantData {
    let base: any ConstantData
    /// fp8, which becomes float16, or float64, which becomes float32.
    let stored: ElementType
    let location: WeightsError.Location

    func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
        switch stored {
        case .f8E4M3: try widen(into: buffer, Self.e4m3)
        case .f8E5M2: try widen(into: buffer, Self.e5m2)
        default: try narrowFloat64(into: buffer)
        }
    }

    private func widen(into buffer: UnsafeMutableRawBufferPointer, _ table: [Float16]) throws {
        let result = buffer.bindMemory(to: Float16.self)
        // Half the size: read into the second half, and spread over both from the front.
        let stored = UnsafeMutableRawBufferPointer(rebasing: buffer[result.count...])
        try base.copy(into: stored)
        var isFinite = true
        for index in result.indices {
            let number = table[Int(stored[index])]
            isFinite = isFinite && number.isFinite
            result[index] = number
        }
        guard isFinite else { throw notFinite }
    }

    private func narrowFloat64(into buffer: UnsafeMutableRawBufferPointer) throws {
        let result = buffer.bindMemory(to: Float.self)
        let stored = UnsafeMutableBufferPointer<Double>.allocate(capacity: result.count)
        defer { stored.deallocate() }
        try base.copy(into: UnsafeMutableRawBufferPointer(stored))
        for index in result.indices { result[index] = Float(stored[index]) }
        guard result.allSatisfy(\.isFinite) else { throw notFinite }
    }

    private var notFinite: WeightsError {
        WeightsError(
            .notFinite,
            "a number in it is infinite or NaN: the file is damaged, or was spoilt when it was trained or converted",
            at: location)
    }

    /// Four bits of exponent around 7 and three of fraction, no infinities, one NaN of each sign: torch's
    /// `float8_e4m3fn`.
    private static let e4m3 = (0..<256).map { byte -> Float16 in
        let (exponent, fraction) = (byte >> 3 & 15, Float16(byte & 7))
        let magnitude: Float16 =
            switch (exponent, byte & 7) {
            case (15, 7): .nan
            case (0, _): fraction * 0x1p-9
            default: Float16(sign: .plus, exponent: exponent - 7, significand: 1 + fraction / 8)
            }
        return byte < 128 ? magnitude : -magnitude
    }

    /// float16 without its lower byte: torch's `float8_e5m2`.
    private static let e5m2 = (0..<256).map { Float16(bitPattern: UInt16($0) << 8) }
}
