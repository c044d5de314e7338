/// What the model made of one source frame, taken apart: the colour grid that leads from the source to it, and the
/// detail that no map of colours explains. Grid and detail together are the restyled picture again, exactly.
///
/// Its size is the model's; the grid serves sources of any size, so it is what keeps their edges when the picture is shown
/// larger than it was made.
package final class RestyledKey: Sendable {
    package let width: Int
    package let height: Int
    let grid: ColourGrid
    /// Red, green, blue, ±255.
    let detail: Buffer<SIMD4<Float>>

    /// - Parameters:
    ///   - source: what the model was given.
    ///   - restyled: what it made of it, of the same size, at least 16x16.
    package init(source: PictureView, restyled: PictureView) {
        (width, height) = (source.width, source.height)
        var grid = ColourGrid()
        grid.fit(source: source, restyled: restyled)
        detail = Buffer(width * height, repeating: .zero)
        let slice = BilateralSlice(width: width, height: height)
        for y in 0..<height {
            let (detail, pixels) = (detail.base + y * width, restyled.base + 3 * y * width)
            slice.forEach(y, of: source, through: grid) { x, mapped in
                let pixel = pixels + 3 &* x
                detail[x] = SIMD4(Float(pixel[0]), Float(pixel[1]), Float(pixel[2]), 0) - mapped
            }
        }
        self.grid = grid
    }
}
