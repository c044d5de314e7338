import ArgumentParser
import Media

/// FFmpeg's options, by FFmpeg's names.
struct MediaOptions: ParsableArguments {
    @Option(
        name: .customShort("i"),
        help: ArgumentHelp("The input: a file, a FIFO, an address, or - for standard input.", valueName: "input"))
    var input: String
    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("The output: a file, a FIFO, an address, or - for standard output.", valueName: "output"))
    var output: String
    @Option(
        name: .customShort("r"),
        help: ArgumentHelp("Frames a second of the output, or source to keep every timestamp.", valueName: "rate"))
    var rate = "source"
    @Option(
        name: .customLong("c:v", withSingleDash: true),
        help: ArgumentHelp("FFmpeg's name of an encoder. (default: the container's usual one)", valueName: "encoder"))
    var codec: String?
    @Option(
        help: ArgumentHelp(
            "An option of the encoder, such as crf=20. Can be given several times.", valueName: "key=value"))
    var encoderOption: [String] = []
    @Option(
        name: .customLong("pix_fmt", withSingleDash: true),
        help: ArgumentHelp("FFmpeg's name of the output's pixel format.", valueName: "format"))
    var pixelFormat: String?
    @Option(
        name: .customShort("f"),
        help: ArgumentHelp("FFmpeg's name of the output's format. (default: by the file's name)", valueName: "format"))
    var format: String?
    @Option(help: ArgumentHelp("FFmpeg's name of the input's format. (default: found by looking)", valueName: "format"))
    var inputFormat: String?
    @Option(
        help: ArgumentHelp(
            "An option of the input's format, such as video_size=640x360. Can be given several times.",
            valueName: "key=value"))
    var inputOption: [String] = []
    @Option(
        name: .customShort("t"),
        help: ArgumentHelp("Seconds of the input to restyle. (default: all)", valueName: "seconds"))
    var duration: Double?
    @Option(
        name: .customLong("ss", withSingleDash: true),
        help: ArgumentHelp("Seconds of the input to pass over first.", valueName: "seconds"))
    var start: Double?
    @Option(
        help: ArgumentHelp(
            "Size of the output, or model for the size the model works at. (default: the input's)",
            valueName: "WxH|model"))
    var outputSize: OutputSize?
    @Flag(name: .customShort("y"), help: "Overwrite the output if it exists.")
    var overwrite = false

    enum OutputSize: ExpressibleByArgument {
        case model
        case pixels(PixelSize)

        init?(argument: String) {
            if argument == "model" {
                self = .model
            } else if let size = PixelSize(argument: argument) {
                self = .pixels(size)
            } else {
                return nil
            }
        }
    }

    func validate() throws {
        if let duration, !(duration > 0 && duration.isFinite) { throw ValidationError("-t takes seconds above 0.") }
        if let start, !(start >= 0 && start.isFinite) { throw ValidationError("-ss takes seconds, 0 or more.") }
        if rate != "source", frameRate == nil {
            throw ValidationError("-r \"\(rate)\" is neither source nor a rate such as 30 or 30000/1001, at most 1000.")
        }
        for option in encoderOption + inputOption where !option.dropFirst().contains("=") {
            throw ValidationError("\"\(option)\" is no option; write key=value, such as crf=20.")
        }
    }

    /// Nil keeps every timestamp of the source.
    var frameRate: Rational? {
        guard rate != "source", let value = Rational(rate), value > .zero, value <= Rational(1000) else { return nil }
        return value
    }

    var sourceOptions: SourceOptions {
        var options = SourceOptions()
        options.format = inputFormat
        options.formatOptions = Self.pairs(inputOption)
        options.start = start.map(Rational.init(seconds:))
        options.duration = duration.map(Rational.init(seconds:))
        return options
    }

    var sinkOptions: SinkOptions {
        var options = SinkOptions()
        options.format = format
        options.codec = codec
        options.encoderOptions = Self.pairs(encoderOption)
        options.pixelFormat = pixelFormat
        options.overwrites = overwrite
        options.frameRate = frameRate
        options.timeBase = frameRate?.reciprocal
        if case .pixels(let size) = outputSize { (options.width, options.height) = (size.width, size.height) }
        return options
    }

    private static func pairs(_ options: [String]) -> [(String, String)] {
        options.map { option in
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }
}
