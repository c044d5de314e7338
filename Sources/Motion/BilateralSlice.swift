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
    private let soft: SoftPicture
    private let softLine: Buffer<SIMD4<Float>>
    /// For each pixel across, the soft picture's to its left and the share of the next one.
    private let softColumns: Buffer<SIMD2<Float>>

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
        soft = SoftPicture(forPicture: width, height)
        softLine = Buffer(soft.width + 1, repeating: .zero)
        softColumns = Buffer(width, repeating: .zero)
        for x in 0..<width {
            let at = min(max((Float(x) + 0.5) * Float(soft.width) / Float(width) - 0.5, 0), Float(soft.width - 1))
            let left = Float(min(Int(at), soft.width - 2))
            softColumns.base[x] = SIMD2(left, at - left)
        }
    }

    /// The picture whose rows are asked for next.
    func begin(_ picture: PictureView) { soft.update(from: picture) }

    /// Between the middles of cells, linear; beyond the outermost, their own.
    @inline(__always) private static func share(
        _ place: Int, of count: Int, cells: Int
    ) -> (cell: Int, share: Float) {
        let at = (Float(place) + 0.5) * Float(cells) / Float(count) - 0.5
        let clamped = min(max(at, 0), Float(cells - 1))
        let cell = min(Int(clamped), cells - 2)
        return (cell, clamped - Float(cell))
    }

    @inline(__always) static func luma(_ colour: SIMD4<Float>) -> Float {
        0.299 * colour.x + 0.587 * colour.y + 0.114 * colour.z
    }

    /// Calls `body` with each pixel's place, and its colour as soft as the key is, and what is left of it.
    @inline(__always) func forEachSoft(
        _ y: Int, of picture: PictureView, from start: Int, to end: Int,
        _ body: (Int, _ soft: SIMD4<Float>, _ rest: SIMD4<Float>) -> Void
    ) {
        let (line, columns) = (softLine.base, softColumns.base)
        var pixel = picture.base + 3 * (y * width + start)
        for x in start..<end {
            let place = columns[x]
            let left = line + Int(Int32(place.x))
            let soft = left[0] + place.y * (left[1] - left[0])
            body(x, soft, SIMD4(Float(pixel[0]), Float(pixel[1]), Float(pixel[2]), 0) - soft)
            pixel += 3
        }
    }

    func beginRow(_ y: Int) { soft.interpolate(y, of: height, into: softLine.base) }

    /// Calls `body` with each pixel's place and mapped colour, 0 … 255 but for what the map makes less or more.
    /// - Parameter sharpness: how much of the source's fine texture goes through the map.
    @inline(__always) func forEach(
        _ y: Int, of picture: PictureView, through grid: borrowing ColourGrid, sharpness: Float,
        _ body: (Int, SIMD4<Float>) -> Void
    ) {
        beginRow(y)
        let (top, shareY) = Self.share(y, of: height, cells: ColourGrid.rows)
        let above = grid.maps.base + top * ColourGrid.columns * ColourGrid.depth
        let below = above + ColourGrid.columns * ColourGrid.depth
        let (rowMaps, maps, levels) = (row.base, column.base, levels.base)
        for index in 0..<ColourGrid.columns * ColourGrid.depth {
            rowMaps[index] = above[index].blended(with: below[index], shareY)
        }
        var start = 0
        while start < width {
            let end = min(start &+ group, width)
            let (cell, shareX) = Self.share((start &+ end) / 2, of: width, cells: ColourGrid.columns)
            let left = rowMaps + cell &* ColourGrid.depth
            for level in 0..<ColourGrid.depth {
                maps[level] = left[level].blended(with: left[level &+ ColourGrid.depth], shareX)
            }
            forEachSoft(y, of: picture, from: start, to: end) { x, soft, rest in
                let colour = soft + sharpness * rest
                let level = levels[Int(Int32(min(max(Self.luma(colour), 0), 255)))]
                let lower = maps + Int(Int32(level.x))
                let map = lower[0].blended(with: lower[1], level.y)
                body(x, colour.x * map.red + colour.y * map.green + colour.z * map.blue + map.offset)
            }
            start = end
        }
    }
}
