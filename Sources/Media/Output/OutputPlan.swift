import CFFmpeg

/// What is written and how, decided from the options before anything is opened.
struct OutputPlan {
    var format: UnsafePointer<AVOutputFormat>
    var codec: UnsafePointer<AVCodec>
    var encoder = Encoder.Settings()
    /// Takes one picture and no more.
    var isStill = false
    var headerOptions: [(String, String)] = []
    /// Written in fragments, and made an ordinary file at the end.
    var isRemuxed = false
    /// Pictures that may wait in the encoder.
    private(set) var encoderDelay = 0
    var notes: [String] = []

    /// Where FFmpeg has several, the last: "v4l2".
    var formatName: String { String(cString: format.pointee.name).split(separator: ",").last.map(String.init) ?? "" }

    init(_ output: MediaAddress, _ options: SinkOptions, for source: SourceInfo) throws(MediaError) {
        (format, codec, isStill) = try OutputPlan.formatAndCodec(output, options, isStill: source.isStill)
        let codecName = String(cString: codec.pointee.name)
        let rate = options.frameRate ?? source.frameRate
        let defaults = EncoderDefaults(codec: codecName, rate: rate, longest: options.lowLatency ? 0 : 12)
        encoder.width = options.width ?? source.width
        encoder.height = options.height ?? source.height
        guard encoder.width > 0, encoder.height > 0, encoder.width <= 16384, encoder.height <= 16384 else {
            throw MediaError(
                .badOption, "\(encoder.width)x\(encoder.height) is not a size for an output; give 1 to 16384")
        }
        encoder.options = options.encoderOptions
        encoder.defaults = defaults.options
        encoder.threads = defaults.threads
        encoderDelay = defaults.delay
        encoder.frameRate = rate
        encoder.timeBase = defaults.timeBase(
            options.timeBase ?? source.timeBase, rate: rate,
            countsPictures: formatName == "avi" || format.pointee.flags & AVFMT_NOTIMESTAMPS != 0)
        // The picture keeps its shape on the screen whatever number of pixels it gets.
        let shape = source.sampleAspectRatio * Rational(Int64(source.width), Int64(max(source.height, 1)))
        encoder.sampleAspectRatio = shape * Rational(Int64(encoder.height), Int64(encoder.width))
        if (encoder.sampleAspectRatio.seconds - 1).magnitude < 0.005 { encoder.sampleAspectRatio = .one }
        try choosePixelFormat(options, defaults)
        chooseColor(source, codecName)
        headerOptions = OutputPlan.headerOptions(formatName, isFile: output.isRegularTarget)
        if case .path = output, output.isRegularTarget { isRemuxed = isISO }
        encoder.globalHeader = format.pointee.flags & AVFMT_GLOBALHEADER != 0
    }

    /// For pictures that come more slowly than was thought.
    mutating func shortenDelay(to pictures: Int) {
        let defaults = EncoderDefaults(
            codec: String(cString: codec.pointee.name), rate: encoder.frameRate, longest: pictures)
        (encoder.defaults, encoder.threads, encoderDelay) = (defaults.options, defaults.threads, defaults.delay)
    }

    var isISO: Bool { ["mp4", "mov", "ipod", "3gp", "3g2", "psp", "f4v"].contains(formatName) }

    private mutating func choosePixelFormat(_ options: SinkOptions, _ defaults: EncoderDefaults) throws(MediaError) {
        let name = String(cString: codec.pointee.name)
        let offered = OutputPlan.formats(of: codec)
        if let wanted = options.pixelFormat {
            let format = av_get_pix_fmt(wanted)
            guard format != AV_PIX_FMT_NONE, offered.isEmpty || offered.contains(format) else {
                let names = offered.compactMap { av_get_pix_fmt_name($0).map { String(cString: $0) } }
                throw MediaError(
                    .badOption,
                    "the encoder \(name) does not take pixel format \(wanted); it takes \(names.joined(separator: ", "))"
                )
            }
            encoder.pixelFormat = format
            return
        }
        let odd = encoder.width % 2 != 0 || encoder.height % 2 != 0
        if odd, defaults.needsEvenSize, offered.contains(AV_PIX_FMT_YUV444P) {
            encoder.pixelFormat = AV_PIX_FMT_YUV444P
            notes.append(
                "the odd size \(encoder.width)x\(encoder.height) is written as yuv444p, which some players do not "
                    + "show; --output-size \(encoder.width & ~1)x\(encoder.height & ~1) gives yuv420p")
            return
        }
        let preferred: [AVPixelFormat] =
            switch name {
            case "libwebp", "libwebp_anim": [AV_PIX_FMT_BGRA]
            case "gif": [AV_PIX_FMT_RGB8]
            // What programs expect of a camera.
            case "rawvideo" where CameraDevice.isMuxer(format): [AV_PIX_FMT_YUV420P]
            case "ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo": [AV_PIX_FMT_YUV444P]
            case "tiff", "bmp", "targa", "jpegls", "ppm", "qoi": [AV_PIX_FMT_RGB24, AV_PIX_FMT_BGR24]
            case "mjpeg": [AV_PIX_FMT_YUVJ444P]
            default: [AV_PIX_FMT_YUV420P]
            }
        encoder.pixelFormat =
            preferred.first { offered.isEmpty || offered.contains($0) }
            ?? OutputPlan.closestToRGB(offered)
    }

    private static func closestToRGB(_ offered: [AVPixelFormat]) -> AVPixelFormat {
        var list = offered + [AV_PIX_FMT_NONE]
        return avcodec_find_best_pix_fmt_of_list(&list, AV_PIX_FMT_RGB24, 0, nil)
    }

    private static func formats(of codec: UnsafePointer<AVCodec>) -> [AVPixelFormat] {
        var formats: [AVPixelFormat] = []
        guard var next = codec.pointee.pix_fmts else { return [] }
        while next.pointee != AV_PIX_FMT_NONE {
            formats.append(next.pointee)
            next += 1
        }
        return formats
    }

    private mutating func chooseColor(_ source: SourceInfo, _ codec: String) {
        encoder.color = source.color
        if encoder.color.matrix == AVCOL_SPC_RGB { encoder.color.matrix = AVCOL_SPC_BT709 }
        // Grey reaches from black to white; what is made of it in colour is video like any other.
        if isGrey(av_get_pix_fmt(source.pixelFormat)), !isGrey(encoder.pixelFormat) {
            encoder.color.range = AVCOL_RANGE_MPEG
        }
        switch codec {
        case "mjpeg":
            // JFIF knows one matrix, at full range.
            encoder.color.matrix = AVCOL_SPC_SMPTE170M
            encoder.color.range = AVCOL_RANGE_JPEG
        case "libvpx", "mpeg4", "msmpeg4", "flv", "h263p", "wmv2", "rawvideo":
            // These streams have no place to say so, and their players expect it.
            encoder.color.matrix = AVCOL_SPC_SMPTE170M
            encoder.color.range = AVCOL_RANGE_MPEG
        default: break
        }
        if unaliased(encoder.pixelFormat) != encoder.pixelFormat { encoder.color.range = AVCOL_RANGE_JPEG }
    }

    /// What keeps a file playable that is not finished. The header waits for the first fragment (`delay_moov`), which
    /// knows where each stream begins; without it sound and picture of a fragmented file begin together, right or wrong.
    private static func headerOptions(_ format: String, isFile: Bool) -> [(String, String)] {
        switch format {
        case "mp4", "mov", "ipod", "3gp", "3g2", "psp", "f4v":
            [("movflags", "empty_moov+delay_moov+default_base_moof")]
        case "matroska", "webm": [("cluster_time_limit", "400")]
        default: []
        }
    }
}

extension MediaAddress {
    /// A file that can be sought in, there or not yet.
    var isRegularTarget: Bool {
        guard case .path(let path) = self else { return false }
        return FileIdentity(path: path)?.isRegular ?? true
    }
}
