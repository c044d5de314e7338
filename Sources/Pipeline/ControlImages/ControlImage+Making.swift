package import Diffusion
package import Media

/// The pictures that controls look at, made of the frame that is restyled.
extension ControlImage {
    /// - Parameter frame: of the size that the model works at.
    /// - Returns: of the same size.
    package func picture(of frame: RGBImage) -> RGBImage {
        let (width, height) = (frame.width, frame.height)
        switch self {
        case .none: return frame
        case .tile: return Self.withoutDetail(frame)
        case .luma: return Self.grey(Self.luma(of: frame), width, height)
        case .canny(let low, let high):
            return Self.grey(CannyEdges(low: low, high: high)(frame.bytes, width: width, height: height), width, height)
        case .edges:
            let gradient = SobelGradient(frame.bytes, width: width, height: height)
            // The steepest step of a channel is from 0 to 255, which makes 4 × 255 of it straight across.
            let edges = (0..<width * height).map { UInt8(min(gradient.magnitude($0 % width, $0 / width) / 4, 255)) }
            return Self.grey(edges, width, height)
        }
    }

    private static func grey(_ values: [UInt8], _ width: Int, _ height: Int) -> RGBImage {
        let bytes = [UInt8](unsafeUninitializedCapacity: values.count * 3) { bytes, count in
            for (index, value) in values.enumerated() {
                (bytes[3 * index], bytes[3 * index + 1], bytes[3 * index + 2]) = (value, value, value)
            }
            count = values.count * 3
        }
        return RGBImage(width: width, height: height, bytes: bytes)
    }

    /// ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B, in 16 bits of fraction, rounded.
    private static func luma(of frame: RGBImage) -> [UInt8] {
        (0..<frame.width * frame.height).map { pixel in
            let red = 19595 * Int(frame.bytes[3 * pixel])
            let green = 38470 * Int(frame.bytes[3 * pixel + 1])
            let blue = 7471 * Int(frame.bytes[3 * pixel + 2])
            return UInt8((red + green + blue + 32768) >> 16)
        }
    }

    /// Pixels along each side of what one mean is taken of.
    private static let tileSide = 8

    private static func withoutDetail(_ frame: RGBImage) -> RGBImage {
        let (width, height) = (frame.width, frame.height)
        let (columns, rows) = ((width + tileSide - 1) / tileSide, (height + tileSide - 1) / tileSide)
        var sums = [Float](repeating: 0, count: columns * rows * 3)
        for y in 0..<height {
            for x in 0..<width {
                let tile = (y / tileSide * columns + x / tileSide) * 3
                for channel in 0..<3 { sums[tile + channel] += Float(frame.bytes[(y * width + x) * 3 + channel]) }
            }
        }
        for row in 0..<rows {
            let tall = min(tileSide, height - row * tileSide)
            for column in 0..<columns {
                let share = 1 / Float(tall * min(tileSide, width - column * tileSide))
                for channel in 0..<3 { sums[(row * columns + column) * 3 + channel] *= share }
            }
        }
        // Straight from tile to tile, a tile's mean standing in its middle.
        func place(_ pixel: Int, _ count: Int) -> (first: Int, second: Int, share: Float) {
            let position = (Float(pixel) + 0.5) / Float(tileSide) - 0.5
            let first = min(max(Int(position.rounded(.down)), 0), count - 1)
            return (first, min(first + 1, count - 1), min(max(position - Float(first), 0), 1))
        }
        let across = (0..<width).map { place($0, columns) }
        var result = frame
        for y in 0..<height {
            let down = place(y, rows)
            for x in 0..<width {
                for channel in 0..<3 {
                    func value(_ row: Int, _ column: Int) -> Float { sums[(row * columns + column) * 3 + channel] }
                    let (left, right, share) = across[x]
                    let top = value(down.first, left) + (value(down.first, right) - value(down.first, left)) * share
                    let bottom =
                        value(down.second, left) + (value(down.second, right) - value(down.second, left)) * share
                    result.bytes[(y * width + x) * 3 + channel] = UInt8((top + (bottom - top) * down.share).rounded())
                }
            }
        }
        return result
    }
}
