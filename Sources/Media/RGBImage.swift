/// A picture as the layers above see it: 8-bit red, green, blue, rows top to bottom, nothing between them.
/// Shape [height, width, 3].
package struct RGBImage: Sendable, Equatable {
    package let width: Int
    package let height: Int
    /// `width * height * 3` bytes.
    package var bytes: [UInt8]

    /// - Precondition: `bytes` has `width * height * 3` elements.
    package init(width: Int, height: Int, bytes: [UInt8]) {
        precondition(
            bytes.count == width * height * 3, "an RGB image of \(width)x\(height) has \(width * height * 3) bytes")
        (self.width, self.height, self.bytes) = (width, height, bytes)
    }

    /// A picture of one colour.
    package init(width: Int, height: Int, red: UInt8 = 0, green: UInt8 = 0, blue: UInt8 = 0) {
        var bytes = [UInt8](repeating: red, count: width * height * 3)
        if green != red || blue != red {
            for pixel in 0..<width * height { (bytes[3 * pixel + 1], bytes[3 * pixel + 2]) = (green, blue) }
        }
        self.init(width: width, height: height, bytes: bytes)
    }
}
