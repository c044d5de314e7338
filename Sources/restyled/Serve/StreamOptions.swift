import ArgumentParser
import Basics
import Foundation
import Settings

/// A live stream on the command line, by FFmpeg's names.
struct StreamOptions: ParsableArguments {
    @Option(
        name: .customShort("i"),
        help: ArgumentHelp("The input: a file, a FIFO, an address, or - for standard input.", valueName: "input"),
        completion: .videos)
    var input: String?
    @Option(
        name: .customShort("o"),
        help: ArgumentHelp(
            "An output: a file, a FIFO, an address, or - for standard output. Can be given several times.",
            valueName: "output"), completion: .videos)
    var outputs: [String] = []
    @Option(
        name: .customShort("r"),
        help: ArgumentHelp("Frames a second of the outputs, or source for the source's own.", valueName: "rate"),
        completion: .list(["source", "24", "30", "60"]))
    var rate = FrameRate.source
    @OptionGroup var formats: FormatOptions
    @Option(
        help: ArgumentHelp("Size of the outputs. (default: the input's)", valueName: "WxH|720p"),
        completion: .list(["1280x720", "1920x1080", "720p", "1080p"]))
    var outputSize: PixelSize?
    @Option(
        help: ArgumentHelp("Begin a new file after this long, such as 10min.", valueName: "time"),
        completion: .list(["10min", "1h"]))
    var segment: String?
    @Option(
        help: "A picture that keeps a game's HUD: white restyles, black keeps the source, greys blend.",
        completion: .pictures)
    var mask: String?
    @Flag(help: "Begin anew when a file has ended.")
    var loop = false
    @Flag(name: .customShort("y"), help: "Overwrite the outputs if they exist. (default: a numbered name beside them)")
    var overwrite = false

    /// Whether nothing was given, so that a configuration file has the word.
    var isEmpty: Bool {
        input == nil && outputs.isEmpty && rate == .source && formats.isEmpty && outputSize == nil && segment == nil
            && mask == nil && !loop && !overwrite
    }

    func configuration(_ model: ModelOptions, _ style: StyleOptions) throws -> StreamConfiguration {
        guard let input else {
            throw UsageError("there is nothing to serve; give -i and -o, or --config with the streams")
        }
        guard !outputs.isEmpty else { throw UsageError("the picture goes nowhere; give at least one -o") }
        if let doubled = outputs.first(where: { output in outputs.filter { $0 == output }.count > 1 }) {
            throw UsageError("-o \(doubled) is given twice; give every output once")
        }
        var stream = StreamConfiguration(
            name: "main", origin: .input(input == "-" ? "pipe:0" : input), outputs: try outputs.map(output),
            model: model.model)
        (stream.vae, stream.unet, stream.scheduler) = (model.vae, model.unet, model.scheduler)
        (stream.tokenizer, stream.loras, stream.embeddings) = (model.tokenizer, model.lora, model.embedding)
        stream.predictionType = model.predictionType
        stream.size = try model.size.map { try Self.size($0, "--size") }
        (stream.engine, stream.devices) = (model.engine, model.devices)
        (stream.precision, stream.threads) = (model.precision, model.threads)
        (stream.inputFormat, stream.inputOptions) = (formats.inputFormat, formats.inputOptions)
        (stream.loops, stream.mask, stream.script) = (loop, mask, style.script)
        var change = SettingsChange()
        try change.set("frame_rate", parsing: rate.description)
        stream.settings = try style.settings.applying(change)
        return stream
    }

    private func output(_ address: String) throws -> OutputConfiguration {
        var output = OutputConfiguration(address: address)
        (output.format, output.codec, output.pixelFormat) = (formats.format, formats.codec, formats.pixelFormat)
        output.encoderOptions = formats.encoderOptions
        output.overwrites = overwrite
        output.size = try outputSize.map { try Self.size($0, "--output-size") }
        if let segment {
            guard let duration = Duration(parsing: segment), duration >= .seconds(1) else {
                throw UsageError("--segment \(segment) is no duration of at least 1s; write 10min, for example")
            }
            output.segment = duration
        }
        return output
    }

    private static func size(_ size: PixelSize, _ option: String) throws -> StreamConfiguration.Size {
        guard let checked = StreamConfiguration.Size(parsing: "\(size)") else {
            throw UsageError("\(option) \(size) is too large; give at most 16384 a side")
        }
        return checked
    }
}
