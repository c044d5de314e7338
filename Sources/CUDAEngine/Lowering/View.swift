import Graph

/// A tensor in a program's memory: which numbers of a storage it is made up of. Transposing and slicing make other views
/// of the same numbers and move nothing.
struct View: Sendable, Hashable {
    /// An index into `LoweredProgram.storages`.
    var storage: Int
    /// Elements before the first.
    var offset = 0
    var shape: Shape
    /// Elements from one to the next along each axis; 0 along an axis that numbers are repeated along.
    var strides: [Int]
    /// How the numbers are stored, whatever the graph calls them.
    var type: DataType

    /// All of a storage, without gaps.
    /// - Parameter order: the axes from the outermost to the innermost; by default in order.
    init(storage: Int, _ shape: Shape, _ type: DataType, order: [Int]? = nil) {
        (self.storage, self.shape, self.type) = (storage, shape, type)
        strides = [Int](repeating: 1, count: shape.rank)
        var step = 1
        for axis in (order ?? Array(0..<shape.rank)).reversed() {
            strides[axis] = step
            step *= shape[axis]
        }
    }

    func transposed(_ permutation: [Int]) -> View {
        var result = self
        result.shape = Shape(permutation.map { shape[$0] })
        result.strides = permutation.map { strides[$0] }
        return result
    }

    func sliced(_ axis: Int, _ range: Range<Int>) -> View {
        var (result, dimensions) = (self, shape.dimensions)
        dimensions[axis] = range.count
        result.shape = Shape(dimensions)
        result.offset += range.lowerBound * strides[axis]
        return result
    }

    /// Without the first axis, which has an extent of one.
    func dropFirstAxis() -> View {
        var result = self
        result.shape = Shape(Array(shape.dimensions.dropFirst()))
        result.strides = Array(strides.dropFirst())
        return result
    }

    /// By NumPy's rule, to a shape that it fits.
    func broadcast(to target: Shape) -> View {
        var result = self
        let added = target.rank - shape.rank
        result.shape = target
        result.strides = (0..<target.rank).map { axis in
            axis < added || (shape[axis - added] == 1 && target[axis] != 1) ? 0 : strides[axis - added]
        }
        return result
    }

    /// The same numbers in row-major order under another shape, or nil where that means moving them.
    func reshaped(_ target: Shape) -> View? {
        let axes = zip(shape.dimensions, strides).filter { $0.0 != 1 }
        var result = self
        result.shape = target
        result.strides = [Int](repeating: 0, count: target.rank)
        var (old, new) = (0, 0)
        // Axes side by side whose extents have the same product on both sides.
        while old < axes.count {
            var (oldEnd, newEnd) = (old + 1, new + 1)
            var (oldCount, newCount) = (axes[old].0, target[new])
            while oldCount != newCount {
                if newCount < oldCount {
                    newCount *= target[newEnd]
                    newEnd += 1
                } else {
                    oldCount *= axes[oldEnd].0
                    oldEnd += 1
                }
            }
            for axis in old..<oldEnd - 1 where axes[axis].1 != axes[axis + 1].0 * axes[axis + 1].1 { return nil }
            var step = axes[oldEnd - 1].1
            for axis in (new..<newEnd).reversed() {
                result.strides[axis] = step
                step *= target[axis]
            }
            (old, new) = (oldEnd, newEnd)
        }
        return result
    }

    /// Whether neighbours along the axis are neighbours in memory.
    func isInnermost(_ axis: Int) -> Bool { shape[axis] == 1 || strides[axis] == 1 }

    /// The axes from the outermost to the innermost, if the numbers lie without gaps.
    var order: [Int]? {
        let axes = Array(0..<shape.rank).sorted { strides[$0] > strides[$1] }
        let dense = View(storage: storage, shape, type, order: axes)
        let isDense = axes.allSatisfy { shape[$0] == 1 || strides[$0] == dense.strides[$0] }
        return isDense ? axes : nil
    }

    /// Whether the numbers lie as `order` says; axes of extent one lie anywhere.
    func isDense(_ order: [Int]) -> Bool {
        let dense = View(storage: storage, shape, type, order: order)
        return order.allSatisfy { shape[$0] == 1 || strides[$0] == dense.strides[$0] }
    }

    /// Whether rows along the innermost axis begin at multiples of `count` elements.
    func isAligned(to count: Int, innermost: Int) -> Bool {
        isInnermost(innermost) && offset % count == 0 && shape[innermost] % count == 0
            && (0..<shape.rank).allSatisfy { $0 == innermost || shape[$0] == 1 || strides[$0] % count == 0 }
    }
}
