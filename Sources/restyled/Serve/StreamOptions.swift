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
    @OptionGroup var formats: FormatOptions
    @Option(
        help: ArgumentHelp("Size of the outputs. (default: the input's)", valueName: "WxH|720p"),
        completion: .list(["1280x720", "1920x1080", "720p", "1080p"]))
    var outputSize: PixelSize?
    @Option(
        help: ArgumentHelp("Begin a new file after this long, such as 10min.", valueName: "time"),
        completion: .list(["10min", "1h"]))
    var segment: String?
    @Flag(help: "Play a file again and again.")
    var loop = false
    @Flag(name: .customShort("y"), help: "Overwrite the outputs if they exist. (default: a numbered name beside them)")
    var overwrite = false

    /// Whether none was given, so that a configuration file decides.
    var isEmpty: Bool {
        input == nil && outputs.isEmpty && formats.isEmpty && outputSize == nil && segment == nil && !loop && !overwrite
    }

    func configuration(_ model: ModelOptions, _ style: StyleOptions) throws -> StreamConfiguration {
        guard let input else {
            throw UsageError("there is nothing to serve; give -i and -o, or --config with the streams")
        }
        guard !outputs.isEmpty else { throw UsageError("there is no output; give at least one -o") }
        if let doubled = outputs.first(where: { output in outputs.filter { $0 == output }.count > 1 }) {
            throw UsageError("-o \(doubled) is given twice; give every output once")
        }
        var stream = StreamConfiguration(
            name: "main", input: formats.input(input == "-" ? "pipe:0" : input), outputs: try outputs.map(output),
            model: model.choice)
        stream.input.loops = loop
        stream.size = try Self.checked(model.size, "--size")
        stream.engine = model.engineChoice
        (stream.mask, stream.script) = (formats.mask, style.script)
        var change = SettingsChange()
        try change.set(SettingName.frameRate.rawValue, parsing: formats.rate.description)
        stream.settings = try style.settings.applying(change)
        return stream
    }

    private func output(_ address: String) throws -> OutputConfiguration {
        var output = formats.output(
            address, size: try Self.checked(outputSize, "--output-size"), overwrites: overwrite)
        if let segment {
            guard let duration = Duration(parsing: segment), duration >= .seconds(1) else {
                throw UsageError("--segment \(segment) is not a time of at least 1s; write 10min, for example")
            }
            output.segment = duration
        }
        return output
    }

    private static func checked(_ size: PixelSize?, _ option: String) throws -> PixelSize? {
        if let size, !size.isWithinLimit {
            throw UsageError("\(option) \(size) is too large; give at most \(PixelSize.maximumSide) a side")
        }
        return size
    }
}
