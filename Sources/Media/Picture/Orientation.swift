import CFFmpeg

/// How a stored picture is turned and mirrored to be upright: one of the eight ways a rectangle lies on itself.
///
/// A stored pixel (p, q), counted right and down from the middle, is shown at (a·p + c·q, b·p + d·q): the upper left
/// of a container's display matrix.
struct Orientation: Sendable, Hashable {
    var a = 1
    var b = 0
    var c = 0
    var d = 1

    static let upright = Orientation()

    var isUpright: Bool { self == .upright }
    /// Width and height trade places.
    var swapsAxes: Bool { a == 0 }

    /// From a display matrix: nine numbers, 16.16 fixed point in the upper left. `nil` for angles that are not a multiple
    /// of 90°, which players ignore as well.
    init?(displayMatrix m: UnsafePointer<Int32>) {
        func unit(_ value: Int32) -> Int? {
            // Scales other than 1 occur; what counts is which axis goes where.
            value == 0 ? 0 : value > 0 ? 1 : -1
        }
        guard let a = unit(m[0]), let b = unit(m[1]), let c = unit(m[3]), let d = unit(m[4]) else { return nil }
        self.init(a: a, b: b, c: c, d: d)
        let turns = a != 0 && d != 0 && b == 0 && c == 0
        let swaps = a == 0 && d == 0 && b != 0 && c != 0
        guard turns || swaps else { return nil }
    }

    init(a: Int = 1, b: Int = 0, c: Int = 0, d: Int = 1) { (self.a, self.b, self.c, self.d) = (a, b, c, d) }

    /// Copies rows of `pixel` bytes a pixel from a stored picture into an upright one without gaps.
    /// - Parameters:
    ///   - source: `height` rows of `width` pixels, `stride` bytes apart, as stored.
    ///   - target: `width * height * pixel` bytes.
    func turn(
        _ source: UnsafePointer<UInt8>, width: Int, height: Int, stride: Int, pixel: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) {
        if isUpright {
            for row in 0..<height {
                (target + row * width * pixel).update(from: source + row * stride, count: width * pixel)
            }
            return
        }
        let across = swapsAxes ? height : width
        let down = swapsAxes ? width : height
        var out = target
        for y in 0..<down {
            for x in 0..<across {
                // The inverse of a signed permutation is its transpose.
                let p = swapsAxes ? (b > 0 ? y : width - 1 - y) : (a > 0 ? x : width - 1 - x)
                let q = swapsAxes ? (c > 0 ? x : height - 1 - x) : (d > 0 ? y : height - 1 - y)
                let from = source + q * stride + p * pixel
                for byte in 0..<pixel { out[byte] = from[byte] }
                out += pixel
            }
        }
    }
}
