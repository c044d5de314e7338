package import Media

/// Lays the restyled picture over the source's: by a share of the source, and by a mask that keeps a game's HUD.
package struct PictureMixer: Sendable {
    /// One byte a pixel of the output: 255 restyles, 0 keeps the source. Nil restyles everywhere.
    private let mask: [UInt8]?
    let width: Int
    let height: Int

    /// - Parameter mask: a picture of the output's size; its brightness is what counts.
    package init(width: Int, height: Int, mask: RGBImage? = nil) {
        (self.width, self.height) = (width, height)
        self.mask = mask.map { image in
            (0..<width * height).map { pixel -> UInt8 in
                // BT.601 luma; what matters is that white gives 255 and black 0.
                let red = Int(image.bytes[3 * pixel]) * 299
                let green = Int(image.bytes[3 * pixel + 1]) * 587
                let blue = Int(image.bytes[3 * pixel + 2]) * 114
                return UInt8((red + green + blue + 500) / 1000)
            }
        }
    }

    /// Whether a mix with this share needs the source's picture at all.
    package func needsSource(blend: Double) -> Bool { blend > 0 || mask != nil }

    /// - Parameters:
    ///   - restyled: of the output's size, as `source` is.
    ///   - blend: 0 … 1, the source's share where the mask does not keep it anyway.
    package func mix(restyled: RGBImage, source: RGBImage, blend: Double) -> RGBImage {
        // In 65,536ths, so that 0 and 1 give exactly one picture or the other.
        let share = Int((max(0, min(1, 1 - blend)) * 65_536).rounded())
        var result = source
        for pixel in 0..<width * height {
            let weight = mask.map { (share * Int($0[pixel]) + 127) / 255 } ?? share
            for index in (3 * pixel)..<(3 * pixel + 3) {
                let difference = Int(restyled.bytes[index]) - Int(source.bytes[index])
                result.bytes[index] = UInt8(Int(source.bytes[index]) + (difference * weight + 32_768) >> 16)
            }
        }
        return result
    }
}
