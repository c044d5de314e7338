import Basics
import CFFmpeg

extension OutputPlan {
    /// Endings of single pictures and their encoders.
    private static let pictures: [String: String] = [
        "png": "png", "jpg": "mjpeg", "jpeg": "mjpeg", "webp": "libwebp", "bmp": "bmp", "tif": "tiff", "tiff": "tiff",
        "ppm": "ppm", "tga": "targa", "qoi": "qoi", "jxl": "libjxl",
    ]

    static func formatAndCodec(
        _ output: MediaAddress, _ options: SinkOptions, isStill: Bool
    ) throws(MediaError) -> (UnsafePointer<AVOutputFormat>, UnsafePointer<AVCodec>, Bool) {
        let ending = output.text.split(separator: "/").last?.split(separator: ".").dropFirst().last.map {
            $0.lowercased()
        }
        // An animated WebP is a film; a WebP of one picture is a picture.
        let picture = options.format == nil ? ending.flatMap { isStill || $0 != "webp" ? pictures[$0] : nil } : nil
        if let picture {
            guard let format = av_guess_format("image2pipe", nil, nil) else {
                throw MediaError(.internal, "this FFmpeg cannot write pictures; install Debian's")
            }
            return (format, try encoder(named: options.codec ?? picture), true)
        }
        let format = try muxer(output, options.format)
        let name = String(cString: format.pointee.name)
        if format.pointee.flags & AVFMT_NOFILE != 0, !CameraDevice.isMuxer(format) {
            throw MediaError(
                .badOption, "the format \(name) writes no single file; choose another with -f", at: output.text)
        }
        if let wanted = options.codec { return (format, try encoder(named: wanted), false) }
        // Where FFmpeg's own default is another H.264 encoder or an older codec, what players know best.
        let usual: String? =
            switch name {
            case "mp4", "mov", "matroska", "mpegts", "flv", "ipod", "nut", "h264", "f4v", "ismv", "rtp_mpegts":
                "libx264"
            case "webm", "ivf": "libvpx-vp9"
            case "image2pipe": "png"
            default: nil
            }
        if let usual, avcodec_find_encoder_by_name(usual) != nil { return (format, try encoder(named: usual), false) }
        guard format.pointee.video_codec != AV_CODEC_ID_NONE,
            let codec = avcodec_find_encoder(format.pointee.video_codec)
        else {
            throw MediaError(.badOption, "the format \(name) holds no video; choose another with -f", at: output.text)
        }
        return (format, codec, false)
    }

    private static func muxer(
        _ output: MediaAddress, _ wanted: String?
    ) throws(MediaError) -> UnsafePointer<AVOutputFormat> {
        if wanted.map(CameraDevice.formatNames.contains) ?? output.isCamera {
            return try CameraDevice.muxer(at: output.text)
        }
        if let wanted {
            if let format = av_guess_format(wanted, nil, nil) { return UnsafePointer(format) }
            let near = nearest(to: wanted, among: muxerNames()).map { "; did you mean \($0)?" } ?? ""
            throw MediaError(.badOption, "there is no output format \(wanted)\(near)", at: output.text)
        }
        switch output {
        case .standardStream:
            throw MediaError(.badOption, "a pipe needs a format; give -f, such as -f matroska", at: output.text)
        case .url(_, let scheme):
            if let format = av_guess_format(scheme == "rtmp" ? "flv" : "mpegts", nil, nil) {
                return UnsafePointer(format)
            }
        case .path(let path):
            if let format = av_guess_format(nil, path, nil) { return UnsafePointer(format) }
        }
        throw MediaError(
            .badOption, "its name does not say which format; end it in .mp4 or .mkv, or give -f", at: output.text)
    }

    private static func encoder(named name: String) throws(MediaError) -> UnsafePointer<AVCodec> {
        if let codec = avcodec_find_encoder_by_name(name) {
            guard codec.pointee.type == AVMEDIA_TYPE_VIDEO else {
                throw MediaError(.badOption, "\(name) encodes no video; give a video encoder, such as libx264")
            }
            return codec
        }
        // A codec's name stands for its usual encoder: h264 is libx264.
        if let descriptor = avcodec_descriptor_get_by_name(name), descriptor.pointee.type == AVMEDIA_TYPE_VIDEO,
            let codec = avcodec_find_encoder(descriptor.pointee.id)
        {
            return codec
        }
        let near = nearest(to: name, among: encoderNames()).map { "did you mean \($0)?" }
        throw MediaError(.badOption, "there is no encoder \(name); \(near ?? "`ffmpeg -encoders` lists them")")
    }

    private static func encoderNames() -> [String] {
        var (state, names): (UnsafeMutableRawPointer?, [String]) = (nil, [])
        while let codec = av_codec_iterate(&state) {
            if av_codec_is_encoder(codec) != 0, codec.pointee.type == AVMEDIA_TYPE_VIDEO {
                names.append(String(cString: codec.pointee.name))
            }
        }
        return names
    }

    private static func muxerNames() -> [String] {
        var (state, names): (UnsafeMutableRawPointer?, [String]) = (nil, [])
        while let format = av_muxer_iterate(&state) { names.append(String(cString: format.pointee.name)) }
        return names
    }
}
