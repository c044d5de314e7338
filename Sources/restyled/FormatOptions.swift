import ArgumentParser
import Settings

/// How input and output are read and written, by FFmpeg's names: what `run` and `serve` share.
struct FormatOptions: ParsableArguments {
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
        help: ArgumentHelp("FFmpeg's name of the input's format. (default: found by looking)", valueName: "format"),
        completion: .list(["mp4", "matroska", "mpegts", "nut", "rawvideo", "v4l2"]))
    var inputFormat: String?
    @Option(
        help: ArgumentHelp(
            "An option of the input's format, such as video_size=640x360. Can be given several times.",
            valueName: "key=value"), completion: .list(["video_size=", "framerate=", "pixel_format="]))
    var inputOption: [String] = []

    func validate() throws {
        for option in encoderOption + inputOption where !option.dropFirst().contains("=") {
            throw ValidationError("\"\(option)\" is not an option; write key=value, such as crf=20.")
        }
    }

    /// Whether none was given.
    var isEmpty: Bool {
        [codec, pixelFormat, format, inputFormat].allSatisfy { $0 == nil } && encoderOption.isEmpty
            && inputOption.isEmpty
    }

    var encoderOptions: [StreamConfiguration.Option] { encoderOption.map(Self.pair) }
    var inputOptions: [StreamConfiguration.Option] { inputOption.map(Self.pair) }

    /// `validate` has seen to the equals sign.
    private static func pair(_ text: String) -> StreamConfiguration.Option {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return StreamConfiguration.Option(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
    }
}
