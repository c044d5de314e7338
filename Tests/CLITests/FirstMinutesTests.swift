import Foundation
import MediaTools
import Testing

/// What somebody meets who has just installed it.
@Suite struct FirstMinutesTests {
    private let scratch: Scratch
    private var film: String { scratch("film.mkv") }
    private let tiny = ["--engine", "reference", "--size", "16x16"]

    init() throws {
        scratch = try Scratch()
        try Film.make(film)
    }

    /// A tiny model whose folder says which styles it knows.
    private func styledModel() throws -> String {
        let model = scratch("styled-model")
        try FileManager.default.copyItem(atPath: Program.models + "/lcm", toPath: model)
        try #"[{"style": "winter", "wordings": ["snowy", "frozen"]}, {"style": "ink", "wordings": ["ink drawing"]}]"#
            .write(toFile: model + "/styles.json", atomically: true, encoding: .utf8)
        return model
    }

    private func refuses(
        _ arguments: [String], _ words: String..., with status: Int32 = 64,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(
            outcome.output.isEmpty && outcome.errors.split(separator: "\n").count == 1, sourceLocation: sourceLocation)
        for word in words {
            #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
        }
    }

    @Test func withoutAPromptAModelTakesItsFirstStyleOrAsks() throws {
        let model = try styledModel()
        let outcome = try Program.run(
            ["run", "-i", film, "-o", scratch("a.mkv"), "-t", "200ms", "--model", model] + tiny)
        #expect(
            outcome.status == 0 && outcome.errors.contains(#"paints its first style, "winter""#), "\(outcome.errors)")
        // A folder of another name, so that the test's own runner adds no prompt.
        let plain = scratch("plain-model")
        try FileManager.default.copyItem(atPath: Program.models + "/lcm", toPath: plain)
        try refuses(["run", "-i", film, "-o", scratch("b.mkv"), "--model", plain] + tiny, "--prompt is missing")
        #expect(!FileManager.default.fileExists(atPath: scratch("b.mkv")))
    }

    @Test func wordsThatTheModelDoesNotKnowAreTold() throws {
        let model = try styledModel()
        func errors(_ prompt: String) throws -> String {
            try Program.run(
                ["run", "-y", "-i", film, "-o", scratch("a.mkv"), "-t", "200ms", "--model", model, "--prompt", prompt]
                    + tiny
            ).errors
        }
        let some = try errors("a snowy dragon")
        #expect(some.contains(#"does not know "dragon""#) && some.contains("it knows winter, ink"), "\(some)")
        #expect(try errors("castle of glass").contains("no style will show"))
        #expect(!(try errors("frozen ink drawing").contains("know")))
    }

    @Test func stylesAreListed() throws {
        let outcome = try Program.run(["styles", try styledModel()])
        let text = String(decoding: outcome.output, as: UTF8.self)
        #expect(outcome.status == 0 && text.contains("winter") && text.contains("snowy, frozen"), "\(text)")
        try refuses(["styles", Program.models + "/lcm"], "takes any prompt")
    }

    @Test func previewIsOnePicture() throws {
        let outcome = try Program.run(
            ["run", "-i", film, "--preview", scratch("look.jpg"), "--model", try styledModel()] + tiny)
        #expect(outcome.status == 0, "\(outcome.errors)")
        // Four frames of 4:3 or 16:9, each beside its source.
        let size = try FFmpegTool.probe(scratch("look.jpg"), "stream=width,height")
        let sides = size[0].split(separator: ",").compactMap { Int($0) }
        #expect(sides.count == 2 && sides[1] == 4 * 270 && sides[0] > 500, "\(size)")
        try refuses(
            ["run", "-i", film, "--preview", scratch("look.jpg"), "--prompt", "x", "--model", Program.models + "/lcm"]
                + tiny,
            "exists already", with: 73)
    }

    /// FFmpeg's habits: taken, or answered with the words that help.
    @Test(arguments: [
        ["-ss", "00:00:01", "-t", "200ms"], ["-ss", "1", "-to", "1.2"], ["-ss", "900ms", "-to", "00:01.1"],
    ])
    func timesAreTakenInEveryForm(_ times: [String]) throws {
        let output = scratch("part.mkv")
        let outcome = try Program.run(["run", "-i", film, "-o", output] + times + Program.tinyModel)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect((4...6).contains(try FFmpegTool.frameCount(output)))
        // One line, off a terminal as well.
        #expect(outcome.summary?.contains("part.mkv: ") == true, "\(outcome.errors)")
    }

    @Test func habitsAreAnswered() throws {
        let both = ["run", "-i", film, "-o", scratch("a.mkv")]
        try refuses(both + ["-crf", "20"], "--encoder-option crf=20")
        try refuses(both + ["-preset", "fast"], "--encoder-option preset=fast")
        try refuses(both + ["-vf", "scale=2:2"], "there are no filters here")
        try refuses(["run", film, "out.mp4", "--strength", "0.4"], "restyled run -i \(film) -o out.mp4 --strength 0.4")
        try refuses([film], "restyled run -i \(film) -o styled.mp4")
        try refuses(["runn", "-i", film], #"did you mean "run"?"#)
        try refuses(["run", "-i", film, "--model", "sd-turbo", "-o", "x.mkv"], "stabilityai/sd-turbo", with: 66)
        try refuses(["run", "-i", film], "-o is missing")
    }

    @Test func shortSizesAndRatesMeanWhatTheySay() throws {
        let output = scratch("a.mkv")
        let outcome = try Program.run(
            ["run", "-i", film, "-o", output, "-r", "29.97", "--output-size", "240p", "-t", "0.2"] + Program.tinyModel)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try FFmpegTool.probe(output, "stream=width,height,r_frame_rate").contains("424,240,30000/1001"))
    }

    // MARK: restyled setup

    @Test func enginesAreCheckedBeforeTheyAreInstalled() throws {
        let wheels = scratch("wheels")
        try FileManager.default.createDirectory(atPath: wheels, withIntermediateDirectories: true)
        func setup() throws -> Program.Outcome {
            try Program.run(["setup", "webgpu", "--from", wheels], environment: ["XDG_DATA_HOME": scratch("data")])
        }
        let missing = try setup()
        #expect(missing.status == 66 && missing.errors.contains("can't be copied"), "\(missing.errors)")
        // How large it is stands before the download.
        #expect(missing.errors.contains("24.0 MiB to download"), "\(missing.errors)")
        let name = try #require(missing.errors.firstMatch(of: /(onnxruntime\S+\.whl)/)).1
        _ = FileManager.default.createFile(atPath: "\(wheels)/\(name)", contents: nil)
        try #require(truncate("\(wheels)/\(name)", 25_149_948) == 0)
        let damaged = try setup()
        #expect(damaged.status == 65 && damaged.errors.contains("SHA-256"), "\(damaged.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch("data/restyled/webgpu")))
    }
}
