import ArgumentParser
package import Settings

/// How input and output are read and written, by FFmpeg's names: what `run` and `serve` share.
struct FormatOptions: ParsableArguments {
    @Option(
        name: .customShort("r"),
        help: ArgumentHelp("Frames a second of the output, or source for the source's own.", valueName: "rate"),
        completion: .list(["source", "24", "30", "60"]))
    var rate = FrameRate.source
    @Option(
        name: .customLong("c:v", withSingleDash: true),
        help: ArgumentHelp("FFmpeg's name of an encoder. (default: the container's usual one)", valueName: "encoder"),
        completion: .encoders)
    var codec: String?
    @Option(
        help: ArgumentHelp(
            "An option of the encoder, such as crf=20. Can be given several times.", valueName: "key=value"),
        completion: .list(["crf=", "preset=", "tune=", "b="]))
    var encoderOption: [String] = []
    @Option(
        name: .customLong("pix_fmt", withSingleDash: true),
        help: ArgumentHelp("FFmpeg's name of the output's pixel format.", valueName: "format"),
        completion: .list(["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "rgb24"]))
    var pixelFormat: String?
    @Option(
        name: .customShort("f"),
        help: ArgumentHelp("FFmpeg's name of the output's format. (default: by the file's name)", valueName: "format"),
        completion: .list(["mp4", "matroska", "mpegts", "webm", "flv", "nut", "v4l2"]))
    var format: String?
    @Option(
        help: ArgumentHelp("FFmpeg's name of the input's format. (default: detected)", valueName: "format"),
        completion: .list(["mp4", "matroska", "mpegts", "nut", "rawvideo", "v4l2"]))
    var inputFormat: String?
    @Option(
        help: ArgumentHelp(
            "An option of the input's format, such as video_size=640x360. Can be given several times.",
            valueName: "key=value"), completion: .list(["video_size=", "framerate=", "pixel_format="]))
    var inputOption: [String] = []

    @Option(
        help: "A picture that keeps a game's HUD: white restyles, black keeps the source, greys blend.",
        completion: .pictures)
    var mask: String?

    func validate() throws {
        for option in encoderOption + inputOption where !option.dropFirst().contains("=") {
            throw ValidationError("\"\(option)\" is not an option; write key=value, such as crf=20.")
        }
    }

    /// Whether none was given.
    var isEmpty: Bool {
        rate == .source && mask == nil && input("") == InputConfiguration(.input(""))
            && output("", size: nil, overwrites: false) == OutputConfiguration(address: "")
    }

    func input(_ address: String) -> InputConfiguration {
        var input = InputConfiguration(.input(address))
        (input.format, input.options) = (inputFormat, inputOption.map(Self.pair))
        return input
    }

    func output(_ address: String, size: PixelSize?, overwrites: Bool) -> OutputConfiguration {
        var output = OutputConfiguration(address: address)
        (output.format, output.codec, output.pixelFormat) = (format, codec, pixelFormat)
        (output.encoderOptions, output.size, output.overwrites) = (encoderOption.map(Self.pair), size, overwrites)
        return output
    }

    /// `validate` has made sure of the equals sign.
    private static func pair(_ text: String) -> FormatOption {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return FormatOption(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
    }
}

extension FrameRate: ExpressibleByArgument {
    package init?(argument: String) { self.init(parsing: argument) }
}

extension PixelSize: ExpressibleByArgument {
    package init?(argument: String) { self.init(parsing: argument.lowercased()) }
}
