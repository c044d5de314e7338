/// A picture's luma at a small size and at halves of it: all that motion is measured on.
///
/// Burt and Adelson's pyramid (1983) with means of 2x2 pixels. The size does not depend on the picture's: 320x180 in
/// area, since half a pixel there is one or two of a large picture, and the search costs the same for all.
package struct LumaPyramid: ~Copyable {
    package let width: Int
    package let height: Int
    /// From the largest to the smallest.
    let levels: [Plane]
    private let memory: Buffer<Float>
    private var reduction: Reduction

    /// The size for pictures of a size: 57,600 pixels in the picture's aspect, or the picture's own where it is smaller.
    package static func size(forPicture width: Int, _ height: Int) -> (width: Int, height: Int) {
        let scale = min(1, (57_600 / (Double(width) * Double(height))).squareRoot())
        return (max(16, Int((Double(width) * scale).rounded())), max(16, Int((Double(height) * scale).rounded())))
    }

    package init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        var sizes = [(width, height)]
        while sizes.count < 5, min(sizes[sizes.count - 1].0, sizes[sizes.count - 1].1) >= 32 {
            sizes.append((sizes[sizes.count - 1].0 / 2, sizes[sizes.count - 1].1 / 2))
        }
        let rooms = sizes.map { Plane.room($0.0, $0.1) }
        memory = Buffer(rooms.reduce(0, +), repeating: 0)
        var next = memory.base
        levels = zip(sizes, rooms).map { size, room in
            defer { next += room }
            return Plane(next, size.0, size.1)
        }
        reduction = Reduction(from: (width, height), to: (width, height))
    }

    /// Takes a picture's luma, of whatever size the picture is.
    package mutating func update(from picture: PictureView) {
        if reduction.source != (picture.width, picture.height) {
            reduction = Reduction(from: (picture.width, picture.height), to: (width, height))
        }
        reduction.luma(of: picture, into: levels[0])
        levels[0].extend()
        for index in 1..<max(1, levels.count) {
            Self.halve(levels[index - 1], into: levels[index])
            levels[index].extend()
        }
    }

    /// Takes another one's contents, of the same size.
    package mutating func copy(_ other: borrowing LumaPyramid) { memory.copy(from: other.memory) }

    /// The luma in rows, 0 … 255, for tests.
    package var luma: [Float] { (0..<height).flatMap { y in (0..<width).map { levels[0].row(y)[$0] } } }

    private static func halve(_ source: Plane, into target: Plane) {
        for y in 0..<target.height {
            let (upper, lower, row) = (source.row(2 * y), source.row(2 * y + 1), target.row(y))
            for x in 0..<target.width {
                row[x] = 0.25 * (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1])
            }
        }
    }
}

/// The mean over the area that a small pixel covers of a large picture, of its BT.601 luma.
struct Reduction: ~Copyable {
    let source: (width: Int, height: Int)
    private let target: (width: Int, height: Int)
    /// Weighted sums of a few rows of bytes; the weights of an output row add up to 256.
    private let sums: Buffer<UInt16>
    private let line: Buffer<Float>

    init(from source: (width: Int, height: Int), to target: (width: Int, height: Int)) {
        (self.source, self.target) = (source, target)
        sums = Buffer(source.width * 3, repeating: 0)
        line = Buffer(source.width + 1, repeating: 0)
    }

    func luma(of picture: PictureView, into plane: Plane) {
        let rowBytes = source.width * 3
        let (across, down) = (
            Float(source.width) / Float(target.width), Float(source.height) / Float(target.height)
        )
        for y in 0..<target.height {
            accumulate(picture, from: Float(y) * down, to: Float(y + 1) * down, rowBytes)
            let (sums, line) = (sums.base, line.base)
            for x in 0..<source.width {
                let (red, green, blue) = (sums[3 &* x], sums[3 &* x &+ 1], sums[3 &* x &+ 2])
                line[x] = (0.299 * Float(red) + 0.587 * Float(green) + 0.114 * Float(blue)) * (1 / 256)
            }
            let row = plane.row(y)
            if source.width == target.width {
                row.update(from: line, count: target.width)
                continue
            }
            for x in 0..<target.width {
                let (start, end) = (Float(x) * across, min(Float(x + 1) * across, Float(source.width)))
                let (first, last) = (Int(start), min(Int(end), source.width - 1))
                var sum = line[first] * (1 - (start - Float(first)))
                var index = first &+ 1
                while index < last {
                    sum += line[index]
                    index &+= 1
                }
                if last > first { sum += line[last] * (end - Float(last)) }
                row[x] = sum / (end - start)
            }
        }
    }

    private func accumulate(_ picture: PictureView, from start: Float, to end: Float, _ rowBytes: Int) {
        let (first, last) = (Int(start), min(Int(end.rounded(.up)), source.height) - 1)
        sums.fill(0)
        var left = 256
        for y in first...max(first, last) {
            let covered = min(end, Float(y + 1)) - max(start, Float(y))
            let weight = y >= last ? left : min(left, Int((256 * covered / (end - start)).rounded()))
            left -= weight
            let (bytes, sums, factor) = (picture.base + y * rowBytes, sums.base, UInt16(truncatingIfNeeded: weight))
            if weight == 256 {
                for index in 0..<rowBytes { sums[index] = UInt16(bytes[index]) &<< 8 }
            } else {
                for index in 0..<rowBytes { sums[index] &+= UInt16(bytes[index]) &* factor }
            }
        }
    }
}
