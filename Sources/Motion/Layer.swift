/// A motion map at the size of an output, a row at a time: where each of its pixels is in the key.
struct Layer: ~Copyable {
    private let width: Int
    private let height: Int
    /// The map's row: x and y in the key's pixels, two confidences.
    private let line: Buffer<SIMD4<Float>>
    /// For each pixel of the output, the map's pixel to its left and the share of the next one.
    private let columns: Buffer<SIMD2<Float>>

    init(width: Int, height: Int, map: (width: Int, height: Int)) {
        (self.width, self.height) = (width, height)
        line = Buffer(map.width + 1, repeating: .zero)
        columns = Buffer(width, repeating: .zero)
        for x in 0..<width {
            let at = min(max((Float(x) + 0.5) * Float(map.width) / Float(width) - 0.5, 0), Float(map.width - 1))
            let left = Float(min(Int(at), map.width - 2))
            columns.base[x] = SIMD2(left, at - left)
        }
    }

    /// Views into this layer, valid until the next row is asked for.
    struct Row {
        let line: UnsafeMutablePointer<SIMD4<Float>>
        let columns: UnsafeMutablePointer<SIMD2<Float>>
        /// From a pixel of the output to one of the key, before it is moved.
        let scale: Float
        let y: Float
        let limit: SIMD2<Float>

        @inline(__always) func callAsFunction(_ x: Int) -> SIMD4<Float> {
            let column = columns[x]
            let left = line + Int(Int32(column.x))
            var place = left[0] + column.y * (left[1] - left[0])
            place.x = min(max(place.x + (Float(x) + 0.5) * scale - 0.5, 0), limit.x)
            place.y = min(max(place.y + y, 0), limit.y)
            return place
        }
    }

    func row(_ y: Int, _ keyWidth: Int, _ keyHeight: Int, _ map: borrowing MotionMap) -> Row {
        let at = min(max((Float(y) + 0.5) * Float(map.height) / Float(height) - 0.5, 0), Float(map.height - 1))
        let top = min(Int(at), map.height - 2)
        let share = at - Float(top)
        let (upper, lower) = (map.places.base + top * map.width, map.places.base + (top + 1) * map.width)
        let scale = SIMD4(
            Float(keyWidth) / Float(map.width), Float(keyHeight) / Float(map.height), 1, 1)
        for x in 0..<map.width {
            line.base[x] = scale * (upper[x] + share * (lower[x] - upper[x]))
        }
        let down = Float(keyHeight) / Float(height)
        return Row(
            line: line.base, columns: columns.base, scale: Float(keyWidth) / Float(width),
            y: (Float(y) + 0.5) * down - 0.5, limit: SIMD2(Float(keyWidth - 1), Float(keyHeight - 1)))
    }
}
