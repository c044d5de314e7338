/// How a restyled picture's colours follow from its source's: an affine map for each cell of a grid over place and luma.
///
/// Chen, Adams, Wadhwa and Hasinoff, "Bilateral Guided Upsampling", SIGGRAPH Asia 2016, with the grid of Chen, Paris and
/// Durand (2007). Where neighbours in the grid are unlike in luma they are different cells, so the source's edges stay;
/// and since the map is looked up with the newest frame's own colours, so do its movements.
package struct ColourGrid: ~Copyable {
    static let columns = 16
    static let rows = 9
    static let depth = 8
    static let cells = columns * rows * depth

    /// For each cell, from the left upper dark one, depth innermost: what red, green and blue count for, and what is
    /// added; colours are 0 … 255.
    let maps: Buffer<ColourMap>
    private let statistics: Buffer<Statistics>
    private let blurred: Buffer<Statistics>

    package init() {
        maps = Buffer(Self.cells, repeating: .identity)
        statistics = Buffer(Self.cells, repeating: Statistics())
        blurred = Buffer(Self.cells, repeating: Statistics())
    }

    package mutating func copy(_ other: borrowing ColourGrid) { maps.copy(from: other.maps) }

    /// The grid on the way from one to another.
    package mutating func blend(_ first: borrowing ColourGrid, _ second: borrowing ColourGrid, _ share: Float) {
        for index in 0..<Self.cells {
            maps.base[index] = first.maps.base[index].blended(with: second.maps.base[index], share)
        }
    }

    /// The grid of the newest frame, from the key's: each cell is looked up where the map says that it was.
    package mutating func move(_ key: borrowing ColourGrid, by map: borrowing MotionMap) {
        for row in 0..<Self.rows {
            for column in 0..<Self.columns {
                let (place, weight) = Self.mean(map, column, row)
                let across = Float(column) + place.x * Float(Self.columns) / Float(map.width) * weight
                let down = Float(row) + place.y * Float(Self.rows) / Float(map.height) * weight
                let atX = min(max(across, 0), Float(Self.columns - 1))
                let atY = min(max(down, 0), Float(Self.rows - 1))
                let (left, top) = (min(Int(atX), Self.columns - 2), min(Int(atY), Self.rows - 2))
                let (shareX, shareY) = (atX - Float(left), atY - Float(top))
                let cell = key.maps.base + (top * Self.columns + left) * Self.depth
                let result = maps.base + (row * Self.columns + column) * Self.depth
                for level in 0..<Self.depth {
                    let upper = cell[level].blended(with: cell[level + Self.depth], shareX)
                    let below = cell + Self.columns * Self.depth
                    let lower = below[level].blended(with: below[level + Self.depth], shareX)
                    result[level] = upper.blended(with: lower, shareY)
                }
            }
        }
    }

    /// A cell's displacement, the mean of what is to be believed, and how much that is.
    private static func mean(_ map: borrowing MotionMap, _ column: Int, _ row: Int) -> (SIMD4<Float>, Float) {
        var (sum, weight, count) = (SIMD4<Float>.zero, Float(0), Float(0))
        for y in stride(from: row * map.height / rows, to: (row + 1) * map.height / rows, by: 2) {
            for x in stride(from: column * map.width / columns, to: (column + 1) * map.width / columns, by: 2) {
                let place = map.places.base[y * map.width + x]
                sum += place * place.z
                weight += place.z
                count += 1
            }
        }
        return weight > 0 ? (sum / weight, min(1, 2 * weight / count)) : (.zero, 0)
    }

    /// Fits the grid to a pair by least squares: in each cell, what its pixels and its neighbours' say, drawn a little
    /// to the map of the whole picture, which is all that an empty cell has.
    /// - Parameters:
    ///   - source: what the model was given.
    ///   - restyled: what it made of it, of the same size.
    ///   - slice: of their size, begun with the source.
    ///   - sharpness: how much of the source's fine texture goes through the map.
    mutating func fit(
        source: PictureView, restyled: PictureView, _ slice: borrowing BilateralSlice, sharpness: Float
    ) {
        statistics.fill(Statistics())
        collect(source, restyled, slice, sharpness)
        var whole = Statistics()
        for index in 0..<Self.cells { whole.add(statistics.base[index], 1) }
        let common = whole.solve(near: .identity, pull: 1e-4 * whole.count)
        blur(statistics.base, blurred.base, Self.depth, 1)
        blur(blurred.base, statistics.base, Self.columns, Self.depth)
        blur(statistics.base, blurred.base, Self.rows, Self.columns * Self.depth)
        for index in 0..<Self.cells {
            maps.base[index] =
                blurred.base[index].solve(near: common, pull: 0.003 * blurred.base[index].count + 0.02)
                .scaled
        }
    }

    private func collect(
        _ source: PictureView, _ restyled: PictureView, _ slice: borrowing BilateralSlice, _ sharpness: Float
    ) {
        // 60,000 pixels tell as much as all.
        let step = max(1, Int((Double(source.width * source.height) / 60_000).squareRoot().rounded()))
        for y in stride(from: step / 2, to: source.height, by: step) {
            let row = y * Self.rows / source.height
            slice.beginRow(y)
            let pixels = restyled.base + 3 * y * source.width
            slice.forEachSoft(y, of: source, from: 0, to: source.width) { x, soft, rest in
                guard x % step == 0 else { return }
                let colour = soft + sharpness * rest
                let column = x &* Self.columns / source.width
                let level = Int(Int32(min(max(BilateralSlice.luma(colour), 0), 255))) >> 5
                let cell = (row &* Self.columns &+ column) &* Self.depth &+ level
                let to = pixels + 3 &* x
                statistics.base[cell].add(
                    SIMD4(colour.x, colour.y, colour.z, 255) * (1 / 255),
                    SIMD4(Float(to[0]), Float(to[1]), Float(to[2]), 0) * (1 / 255))
            }
        }
    }

    /// 1, 2, 1 along one direction, `step` cells apart, `count` of them.
    private func blur(
        _ from: UnsafeMutablePointer<Statistics>, _ to: UnsafeMutablePointer<Statistics>, _ count: Int, _ step: Int
    ) {
        for index in 0..<Self.cells {
            let place = index / step % count
            var sum = Statistics()
            sum.add(from[index], 0.5)
            if place > 0 { sum.add(from[index - step], 0.25) }
            if place < count - 1 { sum.add(from[index + step], 0.25) }
            to[index] = sum
        }
    }
}

/// red · r + green · g + blue · b + offset; the fourth lane is not used.
struct ColourMap: BitwiseCopyable, Sendable {
    var red: SIMD4<Float>
    var green: SIMD4<Float>
    var blue: SIMD4<Float>
    var offset: SIMD4<Float>

    static var identity: ColourMap {
        ColourMap(
            red: SIMD4(1, 0, 0, 0), green: SIMD4(0, 1, 0, 0), blue: SIMD4(0, 0, 1, 0), offset: .zero)
    }

    @inline(__always) func blended(with other: ColourMap, _ share: Float) -> ColourMap {
        ColourMap(
            red: red + share * (other.red - red), green: green + share * (other.green - green),
            blue: blue + share * (other.blue - blue), offset: offset + share * (other.offset - offset))
    }

    /// From colours of 0 … 1 to colours of 0 … 255.
    var scaled: ColourMap {
        var result = self
        result.offset *= 255
        return result
    }
}

/// The normal equations of an affine fit: for each of r, g, b and 1, its products with the restyled colour and with all
/// four.
struct Statistics: BitwiseCopyable {
    var red = SIMD8<Float>.zero
    var green = SIMD8<Float>.zero
    var blue = SIMD8<Float>.zero
    var one = SIMD8<Float>.zero

    var count: Float { one[7] }

    @inline(__always) mutating func add(_ source: SIMD4<Float>, _ restyled: SIMD4<Float>) {
        let both = SIMD8(lowHalf: restyled, highHalf: source)
        red += source.x * both
        green += source.y * both
        blue += source.z * both
        one += both
    }

    @inline(__always) mutating func add(_ other: Statistics, _ weight: Float) {
        red += weight * other.red
        green += weight * other.green
        blue += weight * other.blue
        one += weight * other.one
    }

    /// The map that fits best, `pull` being how many pixels' worth it is drawn to another one.
    func solve(near prior: ColourMap, pull: Float) -> ColourMap {
        var left = (red.highHalf, green.highHalf, blue.highHalf, one.highHalf)
        var right = (
            red.lowHalf + pull * prior.red, green.lowHalf + pull * prior.green, blue.lowHalf + pull * prior.blue,
            one.lowHalf + pull * prior.offset
        )
        left.0.x += pull
        left.1.y += pull
        left.2.z += pull
        left.3.w += pull
        // Elimination without a change of order: the matrix is positive definite.
        let first = 1 / left.0.x
        Self.eliminate(&left.1, &right.1, left.1.x * first, left.0, right.0)
        Self.eliminate(&left.2, &right.2, left.2.x * first, left.0, right.0)
        Self.eliminate(&left.3, &right.3, left.3.x * first, left.0, right.0)
        let second = 1 / left.1.y
        Self.eliminate(&left.2, &right.2, left.2.y * second, left.1, right.1)
        Self.eliminate(&left.3, &right.3, left.3.y * second, left.1, right.1)
        Self.eliminate(&left.3, &right.3, left.3.z / left.2.z, left.2, right.2)
        let offset = right.3 / left.3.w
        let blue = (right.2 - left.2.w * offset) / left.2.z
        let green = (right.1 - left.1.w * offset - left.1.z * blue) / left.1.y
        let red = (right.0 - left.0.w * offset - left.0.z * blue - left.0.y * green) / left.0.x
        return ColourMap(red: red, green: green, blue: blue, offset: offset)
    }

    private static func eliminate(
        _ row: inout SIMD4<Float>, _ result: inout SIMD4<Float>, _ factor: Float, _ pivot: SIMD4<Float>,
        _ pivotResult: SIMD4<Float>
    ) {
        row -= factor * pivot
        result -= factor * pivotResult
    }
}
