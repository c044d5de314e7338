/// Keeps a restyled picture steady: what is new in it is blended with what the last one showed at the same place of the
/// scene.
///
/// O' = O + (1 - a) · m · (clamp(warp(O'_last)) - O), a = 1 - 0.7 · steadiness. m is the motion map's confidence. The last
/// picture's colour is clamped to those that the new one has in 3x3 pixels, as temporal anti-aliasing does (Karis, "High
/// Quality Temporal Supersampling", SIGGRAPH 2014), so a wrong one does not live on.
package struct SteadyBlend: ~Copyable {
    package let width: Int
    package let height: Int
    private let layer: Layer
    /// The last picture, red, green, blue.
    private let last: Buffer<SIMD4<Float>>
    /// The least and the most of three neighbours across, for three rows in turn.
    private let least: Buffer<UInt8>
    private let most: Buffer<UInt8>
    private var hasLast = false

    /// - Parameter map: the size of the motion maps.
    package init(width: Int, height: Int, map: (width: Int, height: Int)) {
        (self.width, self.height) = (width, height)
        layer = Layer(width: width, height: height, map: map)
        last = Buffer(width * height, repeating: .zero)
        least = Buffer(3 * width * 3, repeating: 0)
        most = Buffer(3 * width * 3, repeating: 0)
    }

    /// The next picture has nothing to do with the last one.
    package mutating func reset() { hasLast = false }

    /// - Parameters:
    ///   - picture: the model's, `width * height * 3` bytes; steadied in place.
    ///   - map: from its source to the last one's.
    ///   - steadiness: 0 leaves it as it is, 1 keeps seven tenths of the last.
    package mutating func steady(
        _ picture: UnsafeMutablePointer<UInt8>, _ map: borrowing MotionMap, steadiness: Float
    ) {
        let keep = 0.7 * min(max(steadiness, 0), 1)
        if hasLast, keep > 0 {
            spread(picture, 0)
            for y in 0..<height {
                if y + 1 < height { spread(picture, y + 1) }
                blend(picture, y, map, keep)
            }
        }
        remember(picture)
    }

    /// A row's extremes of three neighbours across.
    private func spread(_ picture: UnsafeMutablePointer<UInt8>, _ y: Int) {
        let row = picture + 3 * y * width
        let (least, most) = (least.base + y % 3 * 3 * width, most.base + y % 3 * 3 * width)
        for index in 3..<max(3, 3 * width - 3) {
            let (a, b, c) = (row[index &- 3], row[index], row[index &+ 3])
            least[index] = min(a, b, c)
            most[index] = max(a, b, c)
        }
        for channel in 0..<3 {
            let end = 3 * width - 3 + channel
            (least[channel], most[channel]) = (min(row[channel], row[channel + 3]), max(row[channel], row[channel + 3]))
            (least[end], most[end]) = (min(row[end], row[end - 3]), max(row[end], row[end - 3]))
        }
    }

    private func blend(_ picture: UnsafeMutablePointer<UInt8>, _ y: Int, _ map: borrowing MotionMap, _ keep: Float) {
        let size = 3 &* width
        let (above, here, below) = (max(y - 1, 0) % 3 * size, y % 3 * size, min(y + 1, height - 1) % 3 * size)
        let (least, most, last) = (least.base, most.base, last.base)
        let places = layer.row(y, width, height, map)
        // The rows of the picture itself are read ahead of what is written, by one.
        let row = picture + y * size
        for x in 0..<width {
            let index = 3 &* x
            let place = places(x)
            let old = last.sample(place.x, place.y, width, height)
            let share = keep * place.w
            for channel in 0..<3 {
                let offset = index &+ channel
                let low = Float(min(least[above &+ offset], least[here &+ offset], least[below &+ offset]))
                let high = Float(max(most[above &+ offset], most[here &+ offset], most[below &+ offset]))
                let new = Float(row[offset])
                let kept = min(max(old[channel], low), high)
                row[offset] = UInt8(truncatingIfNeeded: Int32(new + share * (kept - new) + 0.5))
            }
        }
    }

    private mutating func remember(_ picture: UnsafeMutablePointer<UInt8>) {
        for index in 0..<width * height {
            let pixel = picture + 3 &* index
            last.base[index] = SIMD4(Float(pixel[0]), Float(pixel[1]), Float(pixel[2]), 0)
        }
        hasLast = true
    }
}
