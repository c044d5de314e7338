/// Where each pixel of one picture was in another, by Dense Inverse Search: Kroeger, Timofte, Dai and Van Gool, "Fast
/// Optical Flow using Dense Inverse Search", ECCV 2016.
///
/// Patches of 8x8 pixels every 4 pixels, from the coarsest level to the finest: each starts where the coarser level, or
/// a neighbour, found the best match, and descends with the Hessian of its own picture (Baker and Matthews' inverse
/// search), means taken out, so that a change of brightness is not a motion. A pixel's flow is the mean of the patches
/// that cover it, the better ones counting more. There is no variational refinement: it costs more than it brings here.
package struct DenseInverseSearch: ~Copyable {
    /// Where it stops: 0 is the pyramid's full size, 1 half of it. The rest of the way the flow is interpolated.
    package let finest: Int
    private let iterations: Int
    private let gradients: Buffer<Float>
    private let patches: Buffer<SIMD2<Float>>
    private let costs: Buffer<Float>
    /// Per pixel of a level: weighted sum of flows across, down, and the weights.
    private let sums: Buffer<Float>
    /// The flow of the level in work, and of the one before.
    private let flow: Buffer<SIMD2<Float>>

    static let patch = 8
    static let step = 4

    package init(width: Int, height: Int, finest: Int = 1, iterations: Int = 12) {
        (self.finest, self.iterations) = (finest, iterations)
        gradients = Buffer(2 * Plane.room(width, height), repeating: 0)
        let places = (width / Self.step + 2) * (height / Self.step + 2)
        patches = Buffer(places, repeating: .zero)
        costs = Buffer(places, repeating: 0)
        sums = Buffer(3 * (width + 16) * height, repeating: 0)
        flow = Buffer(width * height, repeating: .zero)
    }

    /// - Parameters:
    ///   - target: where the flow starts; one vector for each of its pixels.
    ///   - source: where it points to: `target[x]` looks like `source[x + field[x]]`.
    package mutating func search(
        from target: borrowing LumaPyramid, to source: borrowing LumaPyramid, into field: inout FlowField
    ) {
        var coarser: (width: Int, height: Int)?
        let last = min(finest, target.levels.count - 1)
        for index in stride(from: target.levels.count - 1, through: last, by: -1) {
            let level = target.levels[index]
            let search = LevelSearch(
                target: level, source: source.levels[index], gradients: gradients.base, patches: patches.base,
                costs: costs.base, iterations: iterations)
            search.differentiate()
            search.start(from: flow.base, coarser)
            search.sweep()
            search.densify(sums: sums.base, into: flow.base)
            coarser = (level.width, level.height)
        }
        if let coarser { field.enlarge(flow.base, coarser.width, coarser.height, scale: Float(1 << last)) }
    }
}

/// One level's search: views into the memory of the whole.
struct LevelSearch {
    let target: Plane
    let source: Plane
    let across: Plane
    let down: Plane
    let patches: UnsafeMutablePointer<SIMD2<Float>>
    let costs: UnsafeMutablePointer<Float>
    let columns: Int
    let rows: Int
    let iterations: Int

    typealias Row = SIMD8<Float>

    init(
        target: Plane, source: Plane, gradients: UnsafeMutablePointer<Float>,
        patches: UnsafeMutablePointer<SIMD2<Float>>, costs: UnsafeMutablePointer<Float>, iterations: Int
    ) {
        (self.target, self.source, self.patches, self.costs) = (target, source, patches, costs)
        self.iterations = iterations
        across = Plane(gradients, target.width, target.height)
        down = Plane(gradients + Plane.room(target.width, target.height), target.width, target.height)
        let step = DenseInverseSearch.step
        columns = (target.width - DenseInverseSearch.patch + step - 1) / step + 1
        rows = (target.height - DenseInverseSearch.patch + step - 1) / step + 1
    }

    func differentiate() {
        for y in 0..<target.height {
            let (above, row, below) = (target.row(y - 1), target.row(y), target.row(y + 1))
            let (across, down) = (across.row(y), down.row(y))
            for x in 0..<target.width {
                across[x] = 0.5 * (row[x + 1] - row[x - 1])
                down[x] = 0.5 * (below[x] - above[x])
            }
        }
    }

    @inline(__always) private func place(_ column: Int, _ row: Int) -> (x: Int, y: Int) {
        (
            min(column &* DenseInverseSearch.step, target.width &- DenseInverseSearch.patch),
            min(row &* DenseInverseSearch.step, target.height &- DenseInverseSearch.patch)
        )
    }

    /// Each patch starts with the flow at its middle, found one level above.
    func start(from flow: UnsafeMutablePointer<SIMD2<Float>>, _ coarser: (width: Int, height: Int)?) {
        for row in 0..<rows {
            for column in 0..<columns {
                var start = SIMD2<Float>.zero
                if let coarser {
                    let (x, y) = place(column, row)
                    let (halfX, halfY) = (min((x + 4) / 2, coarser.width - 1), min((y + 4) / 2, coarser.height - 1))
                    start = 2 * flow[halfY * coarser.width + halfX]
                }
                patches[row * columns + column] = start
            }
        }
    }

    /// Down and right with the neighbours behind, then back with those ahead: a good match spreads.
    func sweep() {
        for row in 0..<rows {
            for column in 0..<columns {
                let index = row &* columns &+ column
                descend(
                    index, column, row, known: false, column > 0 ? index &- 1 : nil, row > 0 ? index &- columns : nil)
            }
        }
        for row in (0..<rows).reversed() {
            for column in (0..<columns).reversed() {
                let index = row &* columns &+ column
                descend(
                    index, column, row, known: true, column < columns &- 1 ? index &+ 1 : nil,
                    row < rows &- 1 ? index &+ columns : nil)
            }
        }
    }

    /// What a patch's match at a place amounts to; `d` is the source's pixel less the target's.
    private struct Match {
        var sum: Float
        var across: Float
        var down: Float
        var cost: Float
    }

    @inline(__always) private func position(_ x: Int, _ y: Int, _ flow: SIMD2<Float>) -> SIMD2<Float> {
        let limit = Float(DenseInverseSearch.patch)
        return SIMD2(
            min(max(Float(x) + flow.x, -limit), Float(source.width)),
            min(max(Float(y) + flow.y, -limit), Float(source.height)))
    }

    @inline(__always) private static func load(_ pointer: UnsafePointer<Float>) -> Row {
        UnsafeRawPointer(pointer).loadUnaligned(as: Row.self)
    }

    @inline(__always) private func match(_ x: Int, _ y: Int, _ flow: SIMD2<Float>) -> Match {
        let place = position(x, y, flow)
        let (column, row) = (place.x.cell, place.y.cell)
        let (shareX, shareY) = (Row(repeating: place.x - Float(column)), Row(repeating: place.y - Float(row)))
        var pixel = UnsafePointer(source.base) + (row &* source.stride &+ column)
        var left = Self.load(pixel)
        var upper = left + shareX * (Self.load(pixel + 1) - left)
        let offset = y &* target.stride &+ x
        var (mine, gradientX, gradientY) = (
            UnsafePointer(target.base) + offset, UnsafePointer(across.base) + offset, UnsafePointer(down.base) + offset
        )
        var (sum, sumX, sumY, squares) = (Row.zero, Row.zero, Row.zero, Row.zero)
        for _ in 0..<DenseInverseSearch.patch {
            pixel += source.stride
            left = Self.load(pixel)
            let lower = left + shareX * (Self.load(pixel + 1) - left)
            let difference = upper + shareY * (lower - upper) - Self.load(mine)
            sum += difference
            sumX += difference * Self.load(gradientX)
            sumY += difference * Self.load(gradientY)
            squares += difference * difference
            upper = lower
            mine += target.stride
            gradientX += target.stride
            gradientY += target.stride
        }
        let total = sum.sum()
        return Match(
            sum: total, across: sumX.sum(), down: sumY.sum(), cost: squares.sum() - total * total * (1 / 64))
    }

    @inline(__always) private func descend(
        _ index: Int, _ column: Int, _ row: Int, known: Bool, _ first: Int?, _ second: Int?
    ) {
        let (x, y) = place(column, row)
        var flow = patches[index]
        var best = known ? Match(sum: 0, across: 0, down: 0, cost: costs[index]) : match(x, y, flow)
        var isBetter = !known
        let consider = { (neighbour: Int) in
            let other = patches[neighbour]
            let change = other - flow
            // A twentieth of a pixel away is the same match.
            guard change.x * change.x + change.y * change.y > 0.0025 else { return }
            let found = match(x, y, other)
            if found.cost < best.cost { (flow, best, isBetter) = (other, found, true) }
        }
        if let first { consider(first) }
        if let second { consider(second) }
        guard isBetter else { return }
        descend(&flow, &best, x, y)
        (patches[index], costs[index]) = (flow, best.cost)
    }

    /// Gauss and Newton's steps, as long as the match gets better.
    @inline(__always) private func descend(_ flow: inout SIMD2<Float>, _ best: inout Match, _ x: Int, _ y: Int) {
        let offset = y &* target.stride &+ x
        var (gradientX, gradientY) = (UnsafePointer(across.base) + offset, UnsafePointer(down.base) + offset)
        var (sumX, sumY, xx, xy, yy) = (Row.zero, Row.zero, Row.zero, Row.zero, Row.zero)
        for _ in 0..<DenseInverseSearch.patch {
            let (dx, dy) = (Self.load(gradientX), Self.load(gradientY))
            sumX += dx
            sumY += dy
            xx += dx * dx
            xy += dx * dy
            yy += dy * dy
            gradientX += target.stride
            gradientY += target.stride
        }
        let (meanX, meanY) = (sumX.sum() * (1 / 64), sumY.sum() * (1 / 64))
        // A little is added, so that a flat patch stays where it is and one with a single edge does not slide along it.
        let a = xx.sum() - 64 * meanX * meanX + 16
        let b = xy.sum() - 64 * meanX * meanY
        let c = yy.sum() - 64 * meanY * meanY + 16
        let inverse = 1 / (a * c - b * b)
        let start = flow
        for _ in 0..<iterations {
            let right = SIMD2(best.across - meanX * best.sum, best.down - meanY * best.sum)
            let change = inverse * SIMD2(c * right.x - b * right.y, a * right.y - b * right.x)
            let next = flow - change
            let way = next - start
            guard way.x * way.x + way.y * way.y < 64 else { return }
            let found = match(x, y, next)
            guard found.cost < best.cost else { return }
            (flow, best) = (next, found)
            guard change.x * change.x + change.y * change.y > 0.0009 else { return }
        }
    }

    /// A pixel's flow is the mean of its patches', weighted by 1 / max(1, |d|).
    func densify(sums: UnsafeMutablePointer<Float>, into flow: UnsafeMutablePointer<SIMD2<Float>>) {
        let stride = (target.width + 15) & ~7
        let size = stride * target.height
        sums.update(repeating: 0, count: 3 * size)
        for row in 0..<rows {
            for column in 0..<columns { spread(column, row, sums, stride, size) }
        }
        for y in 0..<target.height {
            let line = sums + y * stride
            for x in 0..<target.width {
                let weight = 1 / line[2 &* size &+ x]
                flow[y &* target.width &+ x] = SIMD2(line[x] * weight, line[size &+ x] * weight)
            }
        }
    }

    @inline(__always) private func spread(
        _ column: Int, _ row: Int, _ sums: UnsafeMutablePointer<Float>, _ stride: Int, _ size: Int
    ) {
        let (x, y) = place(column, row)
        let flow = patches[row &* columns &+ column]
        let mean = match(x, y, flow).sum * (1 / 64)
        let place = position(x, y, flow)
        let (left, top) = (place.x.cell, place.y.cell)
        let (shareX, shareY) = (Row(repeating: place.x - Float(left)), Row(repeating: place.y - Float(top)))
        let (flowX, flowY) = (Row(repeating: flow.x), Row(repeating: flow.y))
        for line in 0..<DenseInverseSearch.patch {
            let pixel = UnsafePointer(source.base) + ((top &+ line) &* source.stride &+ left)
            let (a, b) = (Self.load(pixel), Self.load(pixel + 1))
            let (c, d) = (Self.load(pixel + source.stride), Self.load(pixel + source.stride + 1))
            let upper = a + shareX * (b - a)
            let lower = c + shareX * (d - c)
            let mine = Self.load(UnsafePointer(target.base) + ((y &+ line) &* target.stride &+ x))
            let difference = upper + shareY * (lower - upper) - mine - mean
            let size2 = difference.replacing(with: -difference, where: difference .< 0)
            let weight = 1 / size2.replacing(with: 1, where: size2 .< 1)
            let sum = UnsafeMutableRawPointer(sums + ((y &+ line) &* stride &+ x))
            let down = UnsafeMutableRawPointer(sums + ((y &+ line) &* stride &+ x &+ size))
            let weights = UnsafeMutableRawPointer(sums + ((y &+ line) &* stride &+ x &+ 2 &* size))
            sum.storeBytes(of: sum.loadUnaligned(as: Row.self) + weight * flowX, as: Row.self)
            down.storeBytes(of: down.loadUnaligned(as: Row.self) + weight * flowY, as: Row.self)
            weights.storeBytes(of: weights.loadUnaligned(as: Row.self) + weight, as: Row.self)
        }
    }
}
