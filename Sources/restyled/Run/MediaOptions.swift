import ArgumentParser
import Media
import Pipeline
import Settings

/// FFmpeg's options, by FFmpeg's names.
struct MediaOptions: ParsableArguments {
    @Option(
        name: .customShort("i"),
        help: ArgumentHelp("The input: a file, a FIFO, an address, or - for standard input.", valueName: "input"),
        completion: .videos)
    var input: String
    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("The output: a file, a FIFO, an address, or - for standard output.", valueName: "output"),
        completion: .videos)
    var givenOutput: String?
    @OptionGroup var formats: FormatOptions
    @Option(
        name: .customLong("map", withSingleDash: true),
        help: ArgumentHelp(
            "Which of several videos in the input, such as 0:v:1. (default: the largest)", valueName: "0:v:N"))
    var map: String?
    @Option(
        name: .customLong("ss", withSingleDash: true),
        help: ArgumentHelp("Where to begin in the input, such as 90, 1:30 or 500ms.", valueName: "time"),
        completion: .list(["00:00:10", "1:00"]))
    var start: TimeOption?
    @Option(
        name: .customShort("t"),
        help: ArgumentHelp("How much of the input to restyle. (default: all)", valueName: "time"),
        completion: .list(["5s", "1min"]))
    var duration: TimeOption?
    @Option(
        name: .customLong("to", withSingleDash: true),
        help: ArgumentHelp("Where to end in the input, in place of -t.", valueName: "time"),
        completion: .list(["00:00:20", "2:00"]))
    var end: TimeOption?
    @Option(
        help: ArgumentHelp(
            "Size of the output, or model for the size the model works at. (default: the input's)",
            valueName: "WxH|720p|model"), completion: .list(["model", "1280x720", "1920x1080", "720p", "1080p"]))
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
        if let duration, duration.duration == .zero { throw ValidationError("-t takes a time above 0.") }
        if let end {
            guard duration == nil else { throw ValidationError("-t and -to both say where to end; give one of them.") }
            guard end.duration > start?.duration ?? .zero else {
                throw ValidationError("-to \(end) must be later than where it begins, \(start?.description ?? "0").")
            }
        }
        if let map, videoStream == nil {
            throw ValidationError("-map \"\(map)\" is not a video of the input; write 0:v:0 for the first, 0:v:1, …")
        }
    }

    /// - Throws: where none was given.
    var output: String {
        get throws {
            guard let givenOutput else { throw UsageError("-o is missing: give the output, as in -o styled.mp4") }
            return givenOutput
        }
    }

    /// Nil keeps every timestamp of the source.
    var frameRate: Rational? { Rational(formats.rate) }

    /// `0:v:1` is 1.
    private var videoStream: Int? {
        guard let map else { return nil }
        if map == "0:v" { return 0 }
        return map.hasPrefix("0:v:") ? Int(map.dropFirst(4)).flatMap { $0 >= 0 ? $0 : nil } : nil
    }

    var sourceOptions: SourceOptions {
        var options = SourceOptions(formats.input(input))
        options.videoStream = videoStream
        options.start = start?.rational
        options.duration = duration?.rational ?? end.map { $0.rational - (start?.rational ?? .zero) }
        return options
    }

    var sinkOptions: SinkOptions {
        let size: PixelSize? = if case .pixels(let size) = outputSize { size } else { nil }
        var options = SinkOptions(formats.output(givenOutput ?? "", size: size, overwrites: overwrite))
        options.frameRate = frameRate
        options.timeBase = frameRate?.reciprocal
        return options
    }
}
