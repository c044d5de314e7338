import Basics
import CFFmpeg

/// The owner of a video encoder: frames in, packets out.
///
/// `@unchecked Sendable`: it has one owner and moves with it.
struct Encoder: ~Copyable, @unchecked Sendable {
    let handle: UnsafeMutablePointer<AVCodecContext>
    let location: String

    struct Settings {
        var width = 0
        var height = 0
        var pixelFormat = AV_PIX_FMT_YUV420P
        var color = ColorDescription()
        var sampleAspectRatio = Rational.one
        var timeBase = Rational(1, 1000)
        var frameRate: Rational?
        /// The user's, over the defaults.
        var options: [(String, String)] = []
        var defaults: [(String, String)] = []
        var threads = 0
        /// The container wants the headers beside the packets and not in them.
        var globalHeader = false
    }

    private init(handle: UnsafeMutablePointer<AVCodecContext>, location: String) {
        (self.handle, self.location) = (handle, location)
    }

    static func open(
        _ codec: UnsafePointer<AVCodec>, _ settings: Settings, at location: String
    ) throws(MediaError) -> Encoder {
        guard let context = avcodec_alloc_context3(codec) else { throw outOfMemory() }
        let encoder = Encoder(handle: context, location: location)
        context.pointee.width = Int32(settings.width)
        context.pointee.height = Int32(settings.height)
        context.pointee.pix_fmt = settings.pixelFormat
        context.pointee.colorspace = isRGB(settings.pixelFormat) ? AVCOL_SPC_RGB : settings.color.matrix
        context.pointee.color_range = isRGB(settings.pixelFormat) ? AVCOL_RANGE_JPEG : settings.color.range
        context.pointee.color_primaries = settings.color.primaries
        context.pointee.color_trc = settings.color.transfer
        context.pointee.sample_aspect_ratio = settings.sampleAspectRatio.av
        context.pointee.time_base = settings.timeBase.av
        if let rate = settings.frameRate { context.pointee.framerate = rate.av }
        context.pointee.thread_count = Int32(settings.threads)
        if settings.globalHeader { context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
        let name = String(cString: codec.pointee.name)
        let given = Set(settings.options.map(\.0))
        try checkOptions(settings.options, of: context, codec: name, at: location)
        var dictionary = AVOptions(settings.defaults.filter { !given.contains($0.0) } + settings.options)
        let wanted = settings.options.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
        let opened = avcodec_open2(context, codec, &dictionary.handle)
        try check(
            "avcodec_open2", opened, at: location, as: .badOption,
            "the encoder \(name) does not take \(settings.width)x\(settings.height) "
                + (wanted.isEmpty ? "pictures; choose another with -c:v" : "with \(wanted); check these options"))
        return encoder
    }

    deinit {
        var handle: UnsafeMutablePointer<AVCodecContext>? = handle
        avcodec_free_context(&handle)
    }

    /// FFmpeg passes over options it does not know; here they are errors.
    private static func checkOptions(
        _ options: [(String, String)], of context: UnsafeMutablePointer<AVCodecContext>, codec: String,
        at location: String
    ) throws(MediaError) {
        for (key, _) in options where av_opt_find(context, key, nil, 0, AV_OPT_SEARCH_CHILDREN) == nil {
            let near = nearest(to: key, among: optionNames(of: context)).map { "did you mean \($0)?" }
            throw MediaError(
                .badOption,
                "the encoder \(codec) has no option \(key); \(near ?? "`ffmpeg -h encoder=\(codec)` lists them")",
                at: location)
        }
    }

    private static func optionNames(of context: UnsafeMutablePointer<AVCodecContext>) -> [String] {
        var names: [String] = []
        for object in [UnsafeMutableRawPointer(context), context.pointee.priv_data] {
            var option: UnsafePointer<AVOption>?
            while let object, let next = av_opt_next(object, option) {
                if next.pointee.type != AV_OPT_TYPE_CONST { names.append(String(cString: next.pointee.name)) }
                option = next
            }
        }
        return names
    }

    /// Hands over a frame, or `nil` for the end.
    mutating func send(_ frame: Frame?) throws(MediaError) {
        let code = avcodec_send_frame(handle, frame?.handle)
        if code == AVError.endOfFile { return }
        try check("avcodec_send_frame", code, at: location, as: .internal, "the encoder refused a picture")
    }

    /// The next coded packet; `nil` if it wants more frames or is at the end.
    mutating func receive() throws(MediaError) -> Packet? {
        let packet: Packet
        do { packet = try Packet() } catch { throw outOfMemory() }
        let code = avcodec_receive_packet(handle, packet.handle)
        if code == AVError.tryAgain || code == AVError.endOfFile { return nil }
        try check("avcodec_receive_packet", code, at: location, as: .internal, "the encoder failed")
        packet.timeBase = Rational(handle.pointee.time_base)
        return packet
    }

    /// A picture's file, by an encoder of single pictures, which has none waiting.
    mutating func file(of frame: Frame) throws -> [UInt8] {
        try send(frame)
        guard let packet = try receive(), let data = packet.handle.pointee.data else {
            throw MediaError(
                .internal, "the encoder gave nothing for a picture of \(frame.width)x\(frame.height)", at: location)
        }
        return Array(UnsafeBufferPointer(start: data, count: packet.size))
    }
}

/// How encoders are set up where the user does not say: good enough to keep, quick enough not to slow a model down,
/// and with so short a delay inside that a killed process loses little.
struct EncoderDefaults {
    let codec: String
    /// Frames that may wait inside the encoder.
    let delay: Int
    private let knowsRate: Bool

    /// - Parameters:
    ///   - rate: frames a second; the delay is bounded in seconds, so a slow stream may keep fewer.
    ///   - longest: how many may wait at most.
    init(codec: String, rate: Rational?, longest: Int = 12) {
        self.codec = codec
        knowsRate = rate != nil
        delay = min(max(Int((rate?.seconds ?? 10) * 0.35), 0), longest)
    }

    /// Frame threads wait for one another, one frame each.
    var threads: Int { delay >= 6 ? 3 : 1 }

    var options: [(String, String)] {
        // Threads and reordering take their share of the delay; the rest is lookahead.
        let reordering = delay >= 6 ? 2 : 0
        let lookahead = max(delay - reordering - threads, 0)
        switch codec {
        case "libx264", "libx264rgb":
            return [
                ("preset", "veryfast"), ("crf", "20"), ("bf", "\(reordering)"), ("rc-lookahead", "\(lookahead)"),
                // The stream tells its frame rate; without force-cfr it would be that of the clock it is timed with.
                ("x264-params", "sync-lookahead=0" + (knowsRate ? ":force-cfr=1" : "")),
            ]
        case "libx265":
            return [
                ("preset", "veryfast"), ("crf", "22"),
                (
                    "x265-params",
                    "log-level=error:frame-threads=1:bframes=\(reordering):rc-lookahead=\(max(lookahead, reordering))"
                ),
            ]
        case "libvpx-vp9":
            return [
                ("deadline", "good"), ("cpu-used", "4"), ("row-mt", "1"), ("b", "0"), ("crf", "30"),
                ("lag-in-frames", "\(delay)"),
            ]
        case "libvpx":
            return [
                ("deadline", "good"), ("cpu-used", "4"), ("b", "4M"), ("crf", "10"), ("lag-in-frames", "\(delay)"),
            ]
        case "libaom-av1": return [("cpu-used", "6"), ("crf", "30"), ("row-mt", "1"), ("lag-in-frames", "\(delay)")]
        case "libsvtav1": return [("preset", "9"), ("crf", "32"), ("svtav1-params", "pred-struct=1")]
        case "mpeg4", "mpeg2video", "mpeg1video", "msmpeg4", "flv", "wmv2", "h263p":
            return [("qmin", "2"), ("qmax", "6"), ("b", "8M")]
        case "mjpeg": return [("qmin", "2"), ("qmax", "3")]
        case "libwebp", "libwebp_anim": return [("quality", "90")]
        default: return []
        }
    }

    /// Encoders whose chroma planes must divide evenly.
    var needsEvenSize: Bool {
        codec.hasPrefix("libx26") || codec.hasPrefix("h264") || codec.hasPrefix("hevc") || codec.hasPrefix("libsvt")
    }

    /// MPEG-4's clock has 16 bits; these ticks suit every common rate, NTSC's among them.
    /// - Parameter countsPictures: the container knows no timestamps, or knows them as a number of pictures.
    func timeBase(_ wanted: Rational, rate: Rational?, countsPictures: Bool) -> Rational {
        if countsPictures, let rate { return rate.reciprocal }
        return switch codec {
        case "mpeg4", "msmpeg4", "msmpeg4v2", "h263p", "h263", "flv", "wmv2", "libxvid":
            wanted.denominator <= 65535 ? wanted : Rational(1, 60000)
        case "mpeg1video", "mpeg2video": (rate ?? Rational(25)).reciprocal
        default: wanted
        }
    }
}
