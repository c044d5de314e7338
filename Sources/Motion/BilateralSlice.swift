/// A colour grid looked up along one row of a picture: trilinear in place and luma, the place's share the same for a
/// tenth of a cell.
struct BilateralSlice: ~Copyable {
    private let width: Int
    private let height: Int
    /// Pixels that share the grid's place across.
    private let group: Int
    /// The grid at the row, and at the group.
    private let row: Buffer<ColourMap>
    private let column: Buffer<ColourMap>
    /// For each luma, its lower level and the share of the next one.
    private let levels: Buffer<SIMD2<Float>>

    init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        group = max(1, width / (10 * ColourGrid.columns))
        row = Buffer(ColourGrid.columns * ColourGrid.depth, repeating: .identity)
        column = Buffer(ColourGrid.depth, repeating: .identity)
        levels = Buffer(256, repeating: .zero)
        for luma in 0..<256 {
            let level = min(max(Float(luma) / 32 - 0.5 + 1 / 64, 0), Float(ColourGrid.depth - 1))
            let lower = min(level.rounded(.down), Float(ColourGrid.depth - 2))
            levels.base[luma] = SIMD2(lower, level - lower)
        }
    }

    /// Like the pyramid's BT.601 luma, in 256ths.
    @inline(__always) static func luma(_ pixel: UnsafePointer<UInt8>) -> UInt32 {
        (77 &* UInt32(pixel[0]) &+ 150 &* UInt32(pixel[1]) &+ 29 &* UInt32(pixel[2])) &>> 8
    }

    /// Between the middles of cells, linear; beyond the outermost, their own.
    private static func share(_ place: Int, of count: Int, cells: Int) -> (cell: Int, share: Float) {
        let at = (Float(place) + 0.5) * Float(cells) / Float(count) - 0.5
        let clamped = min(max(at, 0), Float(cells - 1))
        let cell = min(Int(clamped), cells - 2)
        return (cell, clamped - Float(cell))
    }

    /// Calls `body` with each pixel's place and mapped colour, 0 … 255 but for what the map makes less or more.
    @inline(__always) func forEach(
        _ y: Int, of picture: PictureView, through grid: borrowing ColourGrid, _ body: (Int, SIMD4<Float>) -> Void
    ) {
        let (top, shareY) = Self.share(y, of: height, cells: ColourGrid.rows)
        let above = grid.maps.base + top * ColourGrid.columns * ColourGrid.depth
        let below = above + ColourGrid.columns * ColourGrid.depth
        let (rowMaps, maps, levels) = (row.base, column.base, levels.base)
        for index in 0..<ColourGrid.columns * ColourGrid.depth {
            rowMaps[index] = above[index].blended(with: below[index], shareY)
        }
        var pixel = picture.base + 3 * y * width
        var start = 0
        while start < width {
            let end = min(start &+ group, width)
            let (cell, shareX) = Self.share((start &+ end) / 2, of: width, cells: ColourGrid.columns)
            let left = rowMaps + cell &* ColourGrid.depth
            for level in 0..<ColourGrid.depth {
                maps[level] = left[level].blended(with: left[level &+ ColourGrid.depth], shareX)
            }
            for x in start..<end {
                let level = levels[Int(Self.luma(pixel))]
                let lower = maps + Int(Int32(level.x))
                let map = lower[0].blended(with: lower[1], level.y)
                let mapped =
                    Float(pixel[0]) * map.red + Float(pixel[1]) * map.green + Float(pixel[2]) * map.blue + map.offset
                body(x, mapped)
                pixel += 3
            }
            start = end
        }
    }
}
