import Testing

/// One input of the list: how ffmpeg makes it, and what is known of it.
struct GeneratedInput: CustomTestStringConvertible, Sendable {
    /// Tells it apart: `mp4-libx264-yuv420p-rotate90`.
    let name: String
    let ending: String
    /// ffmpeg's arguments up to the output.
    let arguments: [String]
    /// A second pass over the file, without coding again: rotation and the like.
    var second: [String] = []
    /// Where it goes: mkv takes any sound and subtitles, mp4 keeps exact time.
    var output = "mp4"
    /// Copied streams that the output holds.
    var copies = 0
    /// The pictures are written turned.
    var swapsAxes = false

    var testDescription: String { name }
}

extension GeneratedInput {
    /// Container, encoder and its options, pixel formats.
    private static let plain: [(String, String, [String], [String])] = [
        (
            "mp4", "libx264", [],
            ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuvj420p", "gray"]
        ),
        (
            "mp4", "libx265", ["-x265-params", "log-level=error"],
            ["yuv420p", "yuv422p", "yuv420p10le", "yuv422p10le", "yuv444p12le", "yuv420p12le"]
        ),
        ("mp4", "libvpx-vp9", ["-cpu-used", "8"], ["yuv420p", "yuv420p10le"]),
        ("mp4", "libsvtav1", ["-preset", "12"], ["yuv420p", "yuv420p10le"]),
        ("mp4", "mpeg4", [], ["yuv420p"]),
        ("mp4", "mjpeg", [], ["yuvj420p"]),
        ("mov", "prores_ks", [], ["yuv422p10le", "yuv444p10le", "yuva444p10le"]),
        ("mov", "qtrle", [], ["rgb24", "argb", "gray"]),
        ("mov", "png", [], ["rgb24", "rgba", "rgb48be", "gray16be", "pal8"]),
        ("mov", "rawvideo", [], ["uyvy422", "yuyv422", "rgb24"]),
        ("mov", "dnxhd", ["-profile:v", "dnxhr_sq"], ["yuv422p"]),
        ("mov", "cfhd", [], ["yuv422p10le", "gbrp12le"]),
        ("mov", "v210", [], ["yuv422p10le"]),
        ("mov", "jpeg2000", [], ["yuv420p", "rgb24", "yuv444p12le"]),
        (
            "mkv", "ffv1", [],
            [
                "yuv420p", "yuv411p", "yuv410p", "yuv440p", "yuv444p16le", "gray", "gray16le", "gbrp", "gbrp12le",
                "bgra", "rgb48le", "yuva420p", "yuv420p9le", "yuv422p12le",
            ]
        ),
        ("mkv", "huffyuv", [], ["yuv422p", "rgb24", "bgra"]),
        ("mkv", "utvideo", [], ["yuv420p", "gbrap"]),
        ("mkv", "libvpx", [], ["yuv420p", "yuva420p"]),
        ("mkv", "libtheora", [], ["yuv420p", "yuv422p", "yuv444p"]),
        ("mkv", "mpeg2video", [], ["yuv420p"]),
        ("mkv", "snow", ["-strict", "-2"], ["yuv420p"]),
        ("mkv", "libx264rgb", [], ["bgr24"]),
        ("webm", "libvpx", [], ["yuv420p"]),
        ("webm", "libvpx-vp9", ["-cpu-used", "8"], ["yuv420p", "yuv422p", "yuv440p", "yuv444p12le", "gbrp"]),
        ("webm", "libaom-av1", ["-cpu-used", "8"], ["yuv420p", "yuv444p"]),
        ("avi", "mpeg4", [], ["yuv420p"]),
        ("avi", "msmpeg4v2", [], ["yuv420p"]),
        ("avi", "mjpeg", [], ["yuvj422p"]),
        ("avi", "rawvideo", [], ["bgr24"]),
        ("avi", "cinepak", [], ["rgb24"]),
        ("avi", "zmbv", [], ["pal8", "bgr0"]),
        ("avi", "msvideo1", [], ["rgb555le"]),
        ("avi", "asv2", [], ["yuv420p"]),
        ("avi", "ljpeg", [], ["bgr24"]),
        ("ts", "libx264", [], ["yuv420p"]),
        ("ts", "mpeg2video", [], ["yuv420p"]),
        ("ts", "libx265", ["-x265-params", "log-level=error"], ["yuv420p"]),
        ("mpg", "mpeg1video", [], ["yuv420p"]),
        ("mpg", "mpeg2video", [], ["yuv420p"]),
        ("flv", "flv", [], ["yuv420p"]),
        ("flv", "libx264", [], ["yuv420p"]),
        ("flv", "flashsv2", [], ["bgr24"]),
        ("ogv", "libtheora", [], ["yuv420p"]),
        ("nut", "ffv1", [], ["yuv422p10le"]),
        ("nut", "rawvideo", [], ["rgb24"]),
        ("wmv", "wmv1", [], ["yuv420p"]),
        ("wmv", "wmv2", [], ["yuv420p"]),
        ("mxf", "mpeg2video", [], ["yuv422p"]),
        ("rm", "rv10", [], ["yuv420p"]),
        ("rm", "rv20", [], ["yuv420p"]),
        ("gif", "gif", [], ["rgb8"]),
        ("apng", "apng", ["-plays", "0"], ["rgb24", "rgba"]),
        ("y4m", "wrapped_avframe", ["-strict", "-1"], ["yuv420p", "yuv444p10le", "gray"]),
        ("ivf", "libvpx-vp9", ["-cpu-used", "8"], ["yuv420p"]),
        ("264", "libx264", [], ["yuv420p"]),
        ("265", "libx265", ["-x265-params", "log-level=error"], ["yuv420p10le"]),
        ("m4v", "mpeg4", [], ["yuv420p"]),
        ("mjpeg", "mjpeg", [], ["yuvj420p"]),
    ]

    /// Sound and subtitles that a container is given.
    private static let sounds: [(container: String, codec: String, output: String)] = [
        ("mp4", "aac", "mp4"), ("mp4", "libmp3lame", "mp4"), ("mp4", "ac3", "mp4"), ("mp4", "libopus", "mkv"),
        ("mp4", "flac", "mp4"), ("mp4", "alac", "mp4"), ("mov", "aac", "mov"), ("mov", "pcm_s16le", "mov"),
        ("mov", "pcm_s24be", "mkv"), ("mkv", "aac", "mp4"), ("mkv", "libvorbis", "mkv"), ("mkv", "libopus", "mp4"),
        ("mkv", "pcm_s16le", "mkv"), ("mkv", "flac", "mkv"), ("mkv", "dca", "mkv"), ("mkv", "truehd", "mkv"),
        ("mkv", "eac3", "mkv"),
        ("webm", "libopus", "webm"), ("webm", "libvorbis", "webm"), ("avi", "libmp3lame", "mkv"),
        ("avi", "pcm_s16le", "mkv"), ("avi", "ac3", "mkv"), ("ts", "mp2", "ts"), ("ts", "ac3", "mkv"),
        ("flv", "libmp3lame", "mkv"), ("ogv", "libvorbis", "mkv"), ("nut", "pcm_s16le", "mkv"), ("wmv", "wmav2", "mkv"),
    ]

    private static let source = "testsrc2=s=96x64:r=20:d=1"

    private static func encode(_ container: String, _ codec: String, _ more: [String], _ format: String) -> [String] {
        ["-c:v", codec] + more + (format.isEmpty ? [] : ["-pix_fmt", format])
            + (container == "mxf" ? ["-r", "25"] : [])
            + (format == "yuva420p" && codec == "libvpx" ? ["-auto-alt-ref", "0"] : [])
    }

    private static func videoCodec(of container: String) -> (String, String) {
        switch container {
        case "webm": ("libvpx", "yuv420p")
        case "avi": ("mpeg4", "yuv420p")
        case "ogv": ("libtheora", "yuv420p")
        case "nut": ("ffv1", "yuv420p")
        case "wmv": ("wmv2", "yuv420p")
        default: ("libx264", "yuv420p")
        }
    }

    /// 200, always the same in the same order.
    static let all: [GeneratedInput] = {
        var list: [GeneratedInput] = []
        for (container, codec, more, formats) in plain {
            for format in formats {
                let rate = ["mpg", "mxf"].contains(container) || codec.hasPrefix("mpeg2") ? ["-r", "25"] : []
                let small = codec == "v210" || codec == "dnxhd" ? source.replacing("96x64", with: "256x120") : source
                list.append(
                    GeneratedInput(
                        name: "\(container)-\(codec)-\(format)", ending: container,
                        arguments: ["-f", "lavfi", "-i", small] + encode(container, codec, more, format) + rate,
                        output: list.count % 2 == 0 ? "mp4" : "mkv"))
            }
        }
        for (container, codec, output) in sounds {
            let (video, format) = videoCodec(of: container)
            let strict = ["dca", "truehd", "flac"].contains(codec) ? ["-strict", "-2"] : []
            list.append(
                GeneratedInput(
                    name: "\(container)-sound-\(codec)-to-\(output)", ending: container,
                    arguments: ["-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=d=1:r=48000"]
                        + encode(container, video, [], format) + ["-c:a", codec, "-ac", "2"] + strict,
                    output: output, copies: 1))
        }
        list += features
        return list
    }()
}
