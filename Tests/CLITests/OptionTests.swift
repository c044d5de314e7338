import ArgumentParser
import Basics
import Media
import Settings
import Testing

@testable import restyled

/// Options mean the same wherever they are given: to `run`, to `serve`, in a configuration file, and while a stream runs.
@Suite struct OptionTests {
    private func run(_ options: [String]) throws -> RunCommand {
        try RunCommand.parse(["-i", "in.nut", "-o", "out.mkv"] + options)
    }

    private func serve(_ options: [String]) throws -> StreamConfiguration {
        let command = try ServeCommand.parse(["-i", "in.nut", "-o", "out.mkv"] + options)
        return try command.stream.configuration(command.model, command.style)
    }

    private func yaml(_ lines: String) throws -> StreamConfiguration {
        let text = "streams:\n  - input: in.nut\n\(lines)"
        return try #require(try Configuration(parsing: text, file: "c").streams.first)
    }

    @Test(arguments: [
        ("29.97", 30000, 1001), ("23.976", 24000, 1001), ("59.94", 60000, 1001), ("30000/1001", 30000, 1001),
        ("12.5", 25, 2), ("30", 30, 1),
    ])
    func aRateIsTheSameEverywhere(text: String, numerator: Int64, denominator: Int64) throws {
        let rate = try #require(FrameRate(numerator: numerator, denominator: denominator))
        let sink = try run(["-r", text]).media.sinkOptions
        #expect(sink.frameRate == Rational(numerator, denominator))
        #expect(sink.timeBase == Rational(denominator, numerator))
        #expect(try serve(["-r", text]).settings.frameRate == rate)
        let file = try yaml("    model: m\n    outputs: [{to: out.mkv}]\n    settings: {frame_rate: \(text)}\n")
        #expect(file.settings.frameRate == rate)
        let change = try SettingsChange(assignments: ["frame_rate=\(text)"])
        #expect(StreamSettings().applying(change).frameRate == rate)
        var live = SettingsChange()
        try live.set("frame_rate", to: Double(text).map { .number($0) } ?? .string(text))
        #expect(StreamSettings().applying(live).frameRate == rate)
    }

    @Test func theSameOptionsMakeTheSameStream() throws {
        let options = [
            "--model", "m", "--vae", "v", "--unet", "u", "--scheduler", "s", "--tokenizer", "t",
            "--lora", "a.safetensors:0.5", "--embedding", "b.safetensors:<b>", "--prediction-type", "v_prediction",
            "--size", "512x288", "--engine", "reference", "--device", "0", "--precision", "fp32", "--threads", "3",
            "-c:v", "libx264", "--encoder-option", "crf=20", "-pix_fmt", "yuv420p", "-f", "matroska",
            "--input-format", "nut", "--input-option", "probesize=32768", "--output-size", "640x360", "-y",
            "--mask", "hud.png", "--prompt", "snow", "--strength", "0.6", "--seed", "7", "--steps", "2",
        ]
        let file = try yaml(
            """
                model: m
                vae: v
                unet: u
                scheduler: s
                tokenizer: t
                lora: ["a.safetensors:0.5"]
                embedding: ["b.safetensors:<b>"]
                prediction_type: v_prediction
                size: 512x288
                engine: reference
                device: 0
                precision: fp32
                threads: 3
                input_format: nut
                input_options: {probesize: 32768}
                mask: hud.png
                outputs:
                  - to: out.mkv
                    format: matroska
                    codec: libx264
                    pixel_format: yuv420p
                    encoder_options: {crf: 20}
                    size: 640x360
                    overwrite: true
                settings: {prompt: snow, strength: 0.6, seed: 7, steps: 2}
            """)
        #expect(try serve(options) == file)
        let command = try run(options)
        #expect(command.model.choice == file.model && command.model.engineChoice == file.engine)
        #expect(command.model.size == file.size && command.media.formats.mask == file.mask)
        #expect(command.media.formats.input("in.nut") == file.input)
        #expect(
            command.media.formats.output("out.mkv", size: PixelSize(parsing: "640x360"), overwrites: true)
                == file.outputs[0])
        #expect(try command.style.settings == file.settings)
        let sink = command.media.sinkOptions
        #expect(sink.codec == "libx264" && sink.format == "matroska" && sink.pixelFormat == "yuv420p")
        #expect(sink.width == 640 && sink.height == 360 && sink.overwrites)
        #expect(sink.encoderOptions.map(\.0) == ["crf"] && command.media.sourceOptions.format == "nut")
    }

    /// A value of the setting that is not its default.
    private func sample(_ definition: SettingDefinition) -> String {
        switch definition.type {
        case .prompt: "snow"
        case .number(let range): "\(range.lowerBound + (range.upperBound - range.lowerBound) / 4)"
        case .integer(let range): "\(min(range.lowerBound + 3, range.upperBound))"
        case .boolean: "true"
        case .frameRate: "24"
        }
    }

    @Test(arguments: SettingDefinition.all.map(\.name)) func everySettingHasItsOption(_ name: SettingName) throws {
        let definition = SettingDefinition[name]
        guard let option = definition.option else {
            #expect([.passthrough, .paused].contains(name))
            return
        }
        let text = sample(definition)
        let value = try definition.value(parsing: text)
        #expect(value != definition.defaultValue)
        #expect(try serve([option, text]).settings[name] == value)
        if name != .frameRate { #expect(try run([option, text]).style.settings[name] == value) }
        for help in [RunCommand.helpMessage(), ServeCommand.helpMessage()] { #expect(help.contains("  \(option) <")) }
    }

    @Test func aConfigurationFileExcludesAStreamsOptions() throws {
        let none = try ServeCommand.parse(["--config", "c.yaml"])
        #expect(none.stream.isEmpty && none.style.isEmpty && none.model.isEmpty)
        for options in [["-r", "24"], ["-f", "mp4"], ["--mask", "m.png"], ["--loop"], ["--input-option", "a=b"]] {
            #expect(!(try ServeCommand.parse(options).stream.isEmpty), "\(options)")
        }
        for options in [["--lora", "l"], ["--threads", "2"], ["--size", "64x64"], ["--prediction-type", "sample"]] {
            #expect(!(try ServeCommand.parse(options).model.isEmpty), "\(options)")
        }
        for options in [["--seed", "2"], ["--script", "s.yaml"]] {
            #expect(!(try ServeCommand.parse(options).style.isEmpty), "\(options)")
        }
    }
}
