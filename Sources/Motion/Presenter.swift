/// Makes the picture of a source frame that the model has not seen, from one or two keys that it has.
///
/// out = G(S) + m · warp(O − G(S_key)): the key's colours by its grid, looked up with the frame's own colours, and its
/// detail where the motion map says that it went, as far as that is to be believed. With two keys, one fading into the
/// other or one on either side of the frame, grids and details are blended. Nothing waits for a later frame, so a picture
/// is as old as its source: what asynchronous reprojection does for headsets, here for a model's pictures.
package struct Presenter: ~Copyable {
    package let width: Int
    package let height: Int
    private var grid = ColourGrid()
    private var other = ColourGrid()
    private var mixed = ColourGrid()
    private let slice: BilateralSlice
    private let first: Layer
    private let second: Layer

    /// - Parameters:
    ///   - width: of the pictures that come out, and of the source frames.
    ///   - map: the size of the motion maps.
    package init(width: Int, height: Int, map: (width: Int, height: Int)) {
        (self.width, self.height) = (width, height)
        slice = BilateralSlice(width: width, height: height)
        first = Layer(width: width, height: height, map: map)
        second = Layer(width: width, height: height, map: map)
    }

    /// - Parameters:
    ///   - frame: the source's newest, of the presenter's size.
    ///   - map: from that frame to the key.
    ///   - result: `width * height * 3` bytes.
    package mutating func present(
        _ frame: PictureView, _ key: RestyledKey, _ map: borrowing MotionMap, into result: UnsafeMutablePointer<UInt8>
    ) {
        grid.move(key.grid, by: map)
        slice.begin(frame)
        for y in 0..<height {
            let first = first.row(y, key.width, key.height, map)
            let detail = key.detail.base
            let (w, h) = (key.width, key.height)
            let row = result + 3 * y * width
            slice.forEach(y, of: frame, through: grid, sharpness: key.sharpness) { x, mapped in
                let place = first(x)
                Self.write(mapped + place.w * detail.sample(place.x, place.y, w, h), row + 3 &* x)
            }
        }
    }

    /// Two keys; `share` is the second's, 0 … 1.
    package mutating func present(
        _ frame: PictureView, _ key: RestyledKey, _ map: borrowing MotionMap, _ next: RestyledKey,
        _ nextMap: borrowing MotionMap, share: Float, into result: UnsafeMutablePointer<UInt8>
    ) {
        grid.move(key.grid, by: map)
        other.move(next.grid, by: nextMap)
        mixed.blend(grid, other, share)
        let sharpness = key.sharpness + share * (next.sharpness - key.sharpness)
        slice.begin(frame)
        for y in 0..<height {
            let first = first.row(y, key.width, key.height, map)
            let second = second.row(y, next.width, next.height, nextMap)
            let (detail, nextDetail) = (key.detail.base, next.detail.base)
            let row = result + 3 * y * width
            slice.forEach(y, of: frame, through: mixed, sharpness: sharpness) { x, mapped in
                let (here, there) = (first(x), second(x))
                // Where both are believed they share as told; where one alone is, it has all that it deserves.
                let (a, b) = ((1 - share) * here.w, share * there.w)
                let whole = max(here.w, there.w) / max(a + b, 1e-6)
                let old = detail.sample(here.x, here.y, key.width, key.height)
                let new = nextDetail.sample(there.x, there.y, next.width, next.height)
                Self.write(mapped + (whole * a) * old + (whole * b) * new, row + 3 &* x)
            }
        }
    }

    @inline(__always) private static func write(_ colour: SIMD4<Float>, _ pixel: UnsafeMutablePointer<UInt8>) {
        let bits =
            unsafeBitCast(colour + Float.rounder, to: SIMD4<Int32>.self) &- Int32(bitPattern: Float.rounder.bitPattern)
        pixel[0] = UInt8(truncatingIfNeeded: min(max(bits.x, 0), 255))
        pixel[1] = UInt8(truncatingIfNeeded: min(max(bits.y, 0), 255))
        pixel[2] = UInt8(truncatingIfNeeded: min(max(bits.z, 0), 255))
    }
}
