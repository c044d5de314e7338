import CFFmpeg

/// How encoders are set up where the user does not say: good enough to keep, quick enough not to slow a model down,
/// and with so short a delay inside that a killed process loses little.
struct EncoderDefaults {
    let codec: String
    /// Frames that may wait inside the encoder.
    let delay: Int

    /// - Parameters:
    ///   - rate: frames a second; the delay is bounded in seconds, so a slow stream may keep fewer.
    ///   - lowLatency: nothing may wait.
    init(codec: String, rate: Rational?, lowLatency: Bool = false) {
        self.codec = codec
        delay = lowLatency ? 0 : min(max(Int((rate?.seconds ?? 10) * 0.35), 0), 12)
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
                ("x264-params", "sync-lookahead=0"),
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
    func timeBase(_ wanted: Rational, rate: Rational?) -> Rational {
        switch codec {
        case "mpeg4", "msmpeg4", "msmpeg4v2", "h263p", "h263", "flv", "wmv2", "libxvid":
            wanted.denominator <= 65535 ? wanted : Rational(1, 60000)
        case "mpeg1video", "mpeg2video": (rate ?? Rational(25)).reciprocal
        default: wanted
        }
    }
}
