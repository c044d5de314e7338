/// The edges that OpenCV's `Canny` finds (aperture 3, L1 gradient), pixel for pixel.
///
/// J. Canny, "A Computational Approach to Edge Detection", 1986: Sobel's gradient, ridges of it one pixel wide, and of those
/// all that hang together with one above the upper threshold.
struct CannyEdges {
    let low, high: Int

    private enum Mark {
        static let none: UInt8 = 0, weak: UInt8 = 1, edge: UInt8 = 255
    }

    /// - Parameter rgb: RGB8, of `width * height` pixels. Of the three channels' gradients the steepest counts.
    /// - Returns: a byte a pixel: 255 on an edge, else 0.
    func callAsFunction(_ rgb: [UInt8], width: Int, height: Int) -> [UInt8] {
        guard width > 0, height > 0 else { return [] }
        let gradient = SobelGradient(rgb, width: width, height: height)
        var marks = [UInt8](repeating: Mark.none, count: width * height)
        var strong: [Int] = []
        for y in 0..<height {
            for x in 0..<width where isRidge(gradient, x, y) {
                let index = y * width + x
                if gradient.magnitude(x, y) > high {
                    marks[index] = Mark.edge
                    strong.append(index)
                } else {
                    marks[index] = Mark.weak
                }
            }
        }
        // Weak ridges beside an edge are edges, and so on from them.
        while let index = strong.popLast() {
            let (x, y) = (index % width, index / width)
            for row in max(y - 1, 0)...min(y + 1, height - 1) {
                for column in max(x - 1, 0)...min(x + 1, width - 1) where marks[row * width + column] == Mark.weak {
                    marks[row * width + column] = Mark.edge
                    strong.append(row * width + column)
                }
            }
        }
        for index in marks.indices where marks[index] == Mark.weak { marks[index] = Mark.none }
        return marks
    }

    /// Whether the gradient is above the lower threshold and largest here of the three pixels in its direction, which is
    /// rounded to one of four; on a plateau the pixel to the left or above has it, on a diagonal neither.
    private func isRidge(_ gradient: SobelGradient, _ x: Int, _ y: Int) -> Bool {
        let here = gradient.magnitude(x, y)
        guard here > low else { return false }
        let (dx, dy) = gradient.direction(x, y)
        let (across, down) = (abs(dx), abs(dy) << Self.fraction)
        let flat = across * Self.tangent22
        if down < flat { return here > gradient.magnitude(x - 1, y) && here >= gradient.magnitude(x + 1, y) }
        // tan 67.5° is tan 22.5° + 2.
        if down > flat + across << (Self.fraction + 1) {
            return here > gradient.magnitude(x, y - 1) && here >= gradient.magnitude(x, y + 1)
        }
        let slope = (dx < 0) == (dy < 0) ? 1 : -1
        return here > gradient.magnitude(x - slope, y - 1) && here > gradient.magnitude(x + slope, y + 1)
    }

    /// tan 22.5° in fixed point, as OpenCV has it.
    private static let fraction = 15
    private static let tangent22 = 13573
}

/// Sobel's 3×3 gradient of a picture whose edge pixels go on beyond its edge.
struct SobelGradient {
    private let width: Int
    private let dx, dy: [Int16]
    /// |dx| + |dy|, with a border of zeros around.
    private let magnitudes: [Int32]

    /// Of the steepest channel, the first one where several are.
    init(_ rgb: [UInt8], width: Int, height: Int) {
        self.width = width
        var (dx, dy) = ([Int16](repeating: 0, count: width * height), [Int16](repeating: 0, count: width * height))
        var magnitudes = [Int32](repeating: 0, count: (width + 2) * (height + 2))
        rgb.withUnsafeBufferPointer { rgb in
            for y in 0..<height {
                let rows = (max(y - 1, 0) * width, y * width, min(y + 1, height - 1) * width)
                for x in 0..<width {
                    let columns = (max(x - 1, 0), x, min(x + 1, width - 1))
                    var best: (Int32, Int32, Int32) = (-1, 0, 0)
                    for channel in 0..<3 {
                        func value(_ row: Int, _ column: Int) -> Int32 { Int32(rgb[(row + column) * 3 + channel]) }
                        let (a, b, c) = (
                            value(rows.0, columns.0), value(rows.0, columns.1), value(rows.0, columns.2)
                        )
                        let (d, e) = (value(rows.1, columns.0), value(rows.1, columns.2))
                        let (f, g, h) = (
                            value(rows.2, columns.0), value(rows.2, columns.1), value(rows.2, columns.2)
                        )
                        let across = c - a + 2 * (e - d) + h - f
                        let down = f - a + 2 * (g - b) + h - c
                        let magnitude = abs(across) + abs(down)
                        if magnitude > best.0 { best = (magnitude, across, down) }
                    }
                    magnitudes[(y + 1) * (width + 2) + x + 1] = best.0
                    dx[y * width + x] = Int16(best.1)
                    dy[y * width + x] = Int16(best.2)
                }
            }
        }
        (self.dx, self.dy, self.magnitudes) = (dx, dy, magnitudes)
    }

    /// - Parameters: from −1 to the size, both included.
    func magnitude(_ x: Int, _ y: Int) -> Int { Int(magnitudes[(y + 1) * (width + 2) + x + 1]) }
    func direction(_ x: Int, _ y: Int) -> (dx: Int, dy: Int) { (Int(dx[y * width + x]), Int(dy[y * width + x])) }
}
