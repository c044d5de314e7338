/// Shape and element type of a tensor: all that is known of a value before a program runs.
public struct TensorType: Sendable, Hashable, CustomStringConvertible {
    public let shape: Shape
    public let dataType: DataType

    public init(_ shape: Shape, _ dataType: DataType = .float32) {
        self.shape = shape
        self.dataType = dataType
    }

    public var byteCount: Int { shape.elementCount * dataType.byteCount }
    public var description: String { "\(dataType.rawValue)\(shape)" }
}
