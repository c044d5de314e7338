import CFFmpeg

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

extension RGBImage {
    package enum FileFormat: Sendable { case png, jpeg }

    /// The picture as a PNG file.
    package func png() throws -> [UInt8] { try encoded(.png) }

    /// The picture as a file.
    package func encoded(_ format: FileFormat) throws -> [UInt8] {
        let name = format == .png ? "png" : "mjpeg"
        guard let codec = avcodec_find_encoder_by_name(name) else {
            throw MediaError(.internal, "this FFmpeg has no encoder \(name); install Debian's")
        }
        var settings = Encoder.Settings()
        (settings.width, settings.height, settings.pixelFormat) = (width, height, AV_PIX_FMT_RGB24)
        if format == .jpeg {
            (settings.pixelFormat, settings.color) = (AV_PIX_FMT_YUVJ444P, .jfif)
            settings.options = [("qmin", "2"), ("qmax", "2")]
        }
        settings.threads = 1
        var encoder = try Encoder.open(codec, settings, at: name)
        var scaler = Scaler()
        let frame = try scaler.frame(
            from: self, width: width, height: height, format: settings.pixelFormat, color: settings.color)
        return try encoder.file(of: frame)
    }
}
