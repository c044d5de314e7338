/// What the model made of one source frame, taken apart: the colour grid that leads from the source to it, and the
/// detail that no map of colours explains. Grid and detail together are the restyled picture again, exactly.
///
/// Its size is the model's; the grid serves sources of any size, so it is what keeps their edges when the picture is shown
/// larger than it was made.
package final class RestyledKey: Sendable {
    package let width: Int
    package let height: Int
    let grid: ColourGrid
    /// How much of the source's fine texture goes through the grid, 0 … 1.
    package let sharpness: Float
    /// Red, green, blue, ±255.
    let detail: Buffer<SIMD4<Float>>

    /// - Parameters:
    ///   - source: what the model was given.
    ///   - restyled: what it made of it, of the same size, at least 16x16.
    package init(source: PictureView, restyled: PictureView) {
        (width, height) = (source.width, source.height)
        let slice = BilateralSlice(width: width, height: height)
        slice.begin(source)
        var grid = ColourGrid()
        grid.fit(source: source, restyled: restyled, slice, sharpness: 0)
        sharpness = Self.sharpness(source, restyled, slice, grid)
        if sharpness > 0.1 { grid.fit(source: source, restyled: restyled, slice, sharpness: sharpness) }
        detail = Buffer(width * height, repeating: .zero)
        for y in 0..<height {
            let (detail, pixels) = (detail.base + y * width, restyled.base + 3 * y * width)
            slice.forEach(y, of: source, through: grid, sharpness: sharpness) { x, mapped in
                let pixel = pixels + 3 &* x
                detail[x] = SIMD4(Float(pixel[0]), Float(pixel[1]), Float(pixel[2]), 0) - mapped
            }
        }
        self.grid = grid
    }

    /// How much of the source's fine texture is in the restyled picture, by least squares over what the map of the soft
    /// source leaves.
    private static func sharpness(
        _ source: PictureView, _ restyled: PictureView, _ slice: borrowing BilateralSlice, _ grid: borrowing ColourGrid
    ) -> Float {
        var (both, texture) = (Float(0), Float(0))
        for y in stride(from: 1, to: source.height, by: 4) {
            let pixels = restyled.base + 3 * y * source.width
            slice.forEach(y, of: source, through: grid, sharpness: 0) { x, mapped in
                guard x & 1 == 0 else { return }
                let pixel = pixels + 3 &* x
                let left = SIMD4(Float(pixel[0]), Float(pixel[1]), Float(pixel[2]), 0) - mapped
                slice.forEachSoft(y, of: source, from: x, to: x &+ 1) { _, _, rest in
                    // A map of colours mostly keeps greys grey, so its luma shows the texture.
                    let luma = BilateralSlice.luma(rest)
                    both += luma * BilateralSlice.luma(left)
                    texture += luma * luma
                }
            }
        }
        return texture > 0 ? min(max(both / texture, 0), 1) : 1
    }
}
