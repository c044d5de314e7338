import CFFmpeg

extension RGBImage {
    /// The picture as a PNG file.
    package func png() throws -> [UInt8] {
        guard let codec = avcodec_find_encoder_by_name("png") else {
            throw MediaError(.internal, "this FFmpeg cannot write PNG pictures; install Debian's")
        }
        var settings = Encoder.Settings()
        (settings.width, settings.height, settings.pixelFormat) = (width, height, AV_PIX_FMT_RGB24)
        settings.threads = 1
        var encoder = try Encoder.open(codec, settings, at: "PNG")
        var scaler = Scaler()
        let frame = try scaler.frame(
            from: self, width: width, height: height, format: AV_PIX_FMT_RGB24, color: ColorDescription())
        try encoder.send(frame)
        try encoder.send(nil)
        guard let packet = try encoder.receive(), let data = packet.handle.pointee.data else {
            throw MediaError(.internal, "the PNG encoder gave nothing for a picture of \(width)x\(height)")
        }
        return Array(UnsafeBufferPointer(start: data, count: Int(packet.handle.pointee.size)))
    }
}
