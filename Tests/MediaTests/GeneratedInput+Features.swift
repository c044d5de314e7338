extension GeneratedInput {
    private static func film(_ name: String, _ ending: String, _ source: String, _ more: [String] = [])
        -> GeneratedInput
    {
        let codec = ending == "webm" ? "libvpx" : ending == "avi" ? "mpeg4" : "libx264"
        return GeneratedInput(
            name: "\(ending)-\(name)", ending: ending,
            arguments: ["-f", "lavfi", "-i", source, "-c:v", codec, "-pix_fmt", "yuv420p"] + more)
    }

    /// What containers and codecs can do to a picture's place, shape, colour and time.
    static let features: [GeneratedInput] =
        rotations + shapes + colors + times + streams

    private static let rotations: [GeneratedInput] = ["mp4", "mov"].flatMap { ending in
        ["90", "180", "270"].map { angle in
            var input = film("rotate\(angle)", ending, "testsrc2=s=96x64:r=20:d=0.5")
            input.second = ["-metadata:s:v", "rotate=\(angle)", "-c", "copy"]
            input.swapsAxes = angle != "180"
            return input
        }
    }

    private static let shapes: [GeneratedInput] =
        ["97x65", "99x64", "96x61", "33x17"].flatMap { size in
            [("mkv", "ffv1", "yuv420p"), ("mp4", "mpeg4", "yuv420p"), ("webm", "libvpx-vp9", "yuv420p")].map {
                ending, codec, format in
                GeneratedInput(
                    name: "\(ending)-size-\(size)", ending: ending,
                    arguments: [
                        "-f", "lavfi", "-i", "testsrc2=s=\(size):r=20:d=0.5", "-c:v", codec, "-pix_fmt", format,
                    ])
            }
        }
        + ["16/15", "64/45", "8/9", "2/1"].flatMap { ratio in
            ["mp4", "mkv"].map {
                film(
                    "sar-\(ratio.replacing("/", with: "to"))", $0, "testsrc2=s=96x64:r=20:d=0.5",
                    ["-vf", "setsar=\(ratio)"])
            }
        }

    private static let colors: [GeneratedInput] =
        [
            ("bt709", "tv"), ("bt709", "pc"), ("smpte170m", "tv"), ("bt470bg", "pc"), ("bt2020nc", "tv"),
            ("smpte240m", "tv"), ("fcc", "tv"),
        ]
        .map { matrix, range in
            film(
                "color-\(matrix)-\(range)", "mp4", "testsrc2=s=96x64:r=20:d=0.5",
                [
                    "-vf", "scale=out_color_matrix=\(matrix == "bt2020nc" ? "bt2020" : matrix):out_range=\(range)",
                    "-colorspace", matrix, "-color_range", range,
                ])
        }
        + [
            film(
                "interlaced", "mkv", "testsrc2=s=96x64:r=20:d=0.5", ["-flags", "+ildct+ilme", "-x264-params", "tff=1"])
        ]

    private static let times: [GeneratedInput] = [
        film(
            "vfr", "mp4", "testsrc2=s=96x64:r=60:d=1", ["-vf", "select='not(mod(n\\,3))+lt(n\\,20)'", "-vsync", "vfr"]),
        film(
            "vfr", "mkv", "testsrc2=s=96x64:r=60:d=1", ["-vf", "select='not(mod(n\\,5))+gt(n\\,30)'", "-vsync", "vfr"]),
        film("ntsc", "mp4", "testsrc2=s=96x64:r=30000/1001:d=1"),
        film("film", "mov", "testsrc2=s=96x64:r=24000/1001:d=1"),
        film("fps5", "mp4", "testsrc2=s=96x64:r=5:d=3"),
        film("fps120", "mkv", "testsrc2=s=96x64:r=120:d=0.5"),
        film("bframes", "mp4", "testsrc2=s=96x64:r=20:d=1", ["-bf", "5"]),
        film("nobframes", "mp4", "testsrc2=s=96x64:r=20:d=1", ["-bf", "0"]),
        film("opengop", "ts", "testsrc2=s=96x64:r=25:d=2", ["-x264-params", "open-gop=1:keyint=12"]),
        film("oneframe", "mp4", "testsrc2=s=96x64:r=20:d=1", ["-frames:v", "1"]),
        film("late", "mkv", "testsrc2=s=96x64:r=20:d=0.5", ["-output_ts_offset", "7"]),
        film("late", "ts", "testsrc2=s=96x64:r=25:d=0.5", ["-output_ts_offset", "3600"]),
        film("fragmented", "mp4", "testsrc2=s=96x64:r=20:d=1", ["-movflags", "frag_keyframe+empty_moov"]),
        film("faststart", "mp4", "testsrc2=s=96x64:r=20:d=1", ["-movflags", "+faststart"]),
        film("wrap", "ts", "testsrc2=s=96x64:r=25:d=2", ["-output_ts_offset", "95442.7"]),
    ]

    private static let streams: [GeneratedInput] = [
        sound(
            "two-sounds", "mkv", ["-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:a:0", "aac", "-c:a:1", "flac"],
            "mkv", 2),
        sound("mono", "mp4", ["-c:a", "aac", "-ac", "1"], "mp4", 1),
        sound("surround", "mp4", ["-c:a", "aac", "-ac", "6"], "mp4", 1),
        sound("44100", "mov", ["-c:a", "aac", "-ar", "44100"], "mov", 1),
        sound("languages", "mkv", ["-c:a", "aac", "-metadata:s:a", "language=deu"], "mkv", 1),
        sound("aac-in-ts", "ts", ["-c:a", "aac"], "ts", 1),
        sound("aac-ts-to-mp4", "ts", ["-c:a", "aac"], "mp4", 1),
        sound("late-sound", "mp4", ["-af", "asetpts=PTS+0.3/TB", "-c:a", "aac"], "mp4", 1),
        sound("sound-first", "mkv", ["-vf", "setpts=PTS+0.4/TB", "-c:a", "aac"], "mkv", 1),
        sound("long-sound", "mp4", ["-c:a", "aac", "-frames:v", "10"], "mp4", 1),
    ]

    private static func sound(
        _ name: String, _ ending: String, _ more: [String], _ output: String, _ copies: Int
    ) -> GeneratedInput {
        GeneratedInput(
            name: "\(ending)-\(name)", ending: ending,
            arguments: [
                "-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1:r=48000",
                "-c:v", "libx264", "-pix_fmt", "yuv420p",
            ] + more,
            output: output, copies: copies)
    }
}
