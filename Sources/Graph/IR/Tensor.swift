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

/// The extents of a tensor, outermost first. Always static: a program is compiled for one size.
package struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
    package let dimensions: [Int]

    package init(_ dimensions: [Int]) { self.dimensions = dimensions }
    package init(arrayLiteral elements: Int...) { self.dimensions = elements }

    package var rank: Int { dimensions.count }
    package var elementCount: Int { dimensions.reduce(1, *) }
    package subscript(axis: Int) -> Int { dimensions[axis < 0 ? dimensions.count + axis : axis] }
    package var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }

    /// Elements to step over to advance by one along each axis, for a dense row-major tensor.
    package var strides: [Int] {
        var strides = [Int](repeating: 1, count: rank)
        for axis in stride(from: rank - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * dimensions[axis + 1]
        }
        return strides
    }

    /// The shape both operands broadcast to by NumPy's rule, or nil where they do not fit.
    package func broadcast(with other: Shape) -> Shape? {
        let count = max(rank, other.rank)
        var result = [Int](repeating: 1, count: count)
        for axis in 0..<count {
            let left = axis < count - rank ? 1 : dimensions[axis - (count - rank)]
            let right = axis < count - other.rank ? 1 : other.dimensions[axis - (count - other.rank)]
            guard left == right || left == 1 || right == 1 else { return nil }
            result[axis] = left == 1 ? right : left
        }
        return Shape(result)
    }
}

/// Shape and element type of a tensor: all that is known of a value before a program runs.
package struct TensorType: Sendable, Hashable, CustomStringConvertible {
    package let shape: Shape
    package let dataType: DataType

    package init(_ shape: Shape, _ dataType: DataType = .float32) {
        self.shape = shape
        self.dataType = dataType
    }

    package var byteCount: Int { shape.elementCount * dataType.byteCount }
    package var description: String { "\(dataType.rawValue)\(shape)" }
}

/// The bytes of a weight, read when an engine asks for them and not before.
///
/// Lazy, so that a model larger than memory's half can be compiled part by part: building a graph costs
/// kilobytes, and each part's weights live only while an engine compiles it.
package protocol ConstantData: Sendable {
    /// Fills `buffer`, which has exactly the byte count of the constant's type.
    /// - Throws: where the bytes cannot be read any more (file cut short since it was opened, say).
    func copy(into buffer: UnsafeMutableRawBufferPointer) throws
}

/// A constant made by the program itself: position tables, the numbers 127.5 and 1.
package struct InlineConstant: ConstantData {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
    package init(_ values: [Float]) { bytes = values.withUnsafeBytes { Array($0) } }
    package init(_ values: [Int64]) { bytes = values.withUnsafeBytes { Array($0) } }

    package func copy(into buffer: UnsafeMutableRawBufferPointer) { buffer.copyBytes(from: bytes) }
}
