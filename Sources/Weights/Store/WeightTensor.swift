package import Graph

/// A tensor by its name, not yet read.
package struct WeightTensor: Sendable {
    package let name: String
    /// As the file names it: types that models do not compute with are only refused when they are asked for.
    package let elementType: ElementType
    package let shape: Shape
    package let data: any ConstantData
    /// Where it lies, for messages.
    package let location: WeightsError.Location

    package init(
        name: String, elementType: ElementType, shape: Shape, data: any ConstantData, location: WeightsError.Location
    ) {
        (self.name, self.elementType, self.shape) = (name, elementType, shape)
        (self.data, self.location) = (data, location)
    }

    package var byteCount: Int { shape.elementCount * elementType.bitCount / 8 }

    /// The same data under another name and, with as many elements, another shape.
    package func renamed(_ name: String, shape: Shape? = nil) -> WeightTensor {
        WeightTensor(name: name, elementType: elementType, shape: shape ?? self.shape, data: data, location: location)
    }

    /// All values; for tests and for tensors that are small.
    package func bytes() throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            try data.copy(into: UnsafeMutableRawBufferPointer(buffer.extracting(..<byteCount)))
            count = byteCount
        }
    }
}
