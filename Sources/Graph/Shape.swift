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
