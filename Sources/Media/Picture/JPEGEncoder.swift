import CFFmpeg

/// Makes JPEG files of pictures of one size after another; for one thread.
package final class JPEGEncoder {
    /// FFmpeg's scale: 1 is the best, 31 the smallest.
    private let quality: Int
    private var encoder: Encoder?
    private var size = (width: 0, height: 0)
    private var scaler = Scaler()

    package init(quality: Int) { self.quality = quality }

    /// - Parameters:
    ///   - width, height: of the file, pixels.
    package func encode(_ image: RGBImage, width: Int, height: Int) throws -> [UInt8] {
        try encode(
            try scaler.frame(
                from: image, width: width, height: height, format: AV_PIX_FMT_YUVJ420P, color: .jfif))
    }

    /// - Parameters:
    ///   - width, height: of the file, pixels.
    package func encode(_ frame: Frame, width: Int, height: Int) throws -> [UInt8] {
        try encode(
            try scaler.frame(
                from: frame, width: width, height: height, format: AV_PIX_FMT_YUVJ420P, color: .jfif))
    }

    private func encode(_ frame: Frame) throws -> [UInt8] {
        if encoder == nil || size != (frame.width, frame.height) { try open(frame.width, frame.height) }
        guard let file = try encoder?.file(of: frame) else {
            throw MediaError(.internal, "there is no encoder for a picture of \(frame.width)x\(frame.height)")
        }
        return file
    }

    private func open(_ width: Int, _ height: Int) throws {
        guard let codec = avcodec_find_encoder_by_name("mjpeg") else {
            throw MediaError(.internal, "this FFmpeg has no encoder mjpeg; install Debian's")
        }
        var settings = Encoder.Settings()
        (settings.width, settings.height, settings.pixelFormat) = (width, height, AV_PIX_FMT_YUVJ420P)
        (settings.color, settings.threads) = (.jfif, 1)
        settings.options = [("flags", "+qscale"), ("global_quality", "\(quality * Int(FF_QP2LAMBDA))")]
        encoder = try Encoder.open(codec, settings, at: "mjpeg")
        size = (width, height)
    }
}
