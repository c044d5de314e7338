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
