import ArgumentParser
import Diffusion
import Foundation
import Graph
import Media
import ModelLoading
import Pipeline
import Settings

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Time each stage of restyling a frame, from RGB in memory to RGB in memory.")

    @OptionGroup(title: "Model") var model: ModelOptions
    @Option(
        help: "The frames come in at this size and go out at it. (default: the size the model works at)",
        completion: .list(["1280x720", "1920x1080"]))
    var inputSize: PixelSize?
    @Option(help: "Frames to time, after three that are not counted.")
    var frames = 20
    @Option(help: "Start no further frame after this many seconds.")
    var seconds = 120.0
    @Option(help: "Denoising steps a frame.")
    var steps = 1
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard frames > 0, seconds > 0 else { throw ValidationError("--frames and --seconds must be above 0.") }
        guard (1...4).contains(steps) else { throw ValidationError("--steps takes 1 to 4.") }
    }

    func run() throws {
        let terminal = Terminal()
        var change = SettingsChange()
        try change.set("prompt", parsing: "oil painting")
        try change.set("steps", parsing: "\(steps)")
        let store = SettingsStore(StreamSettings().applying(change))

        let clock = ContinuousClock()
        let start = clock.now
        let opened = try model.open()
        let size = model.workingSize(
            opened.model, inputWidth: inputSize?.width ?? 1, inputHeight: inputSize?.height ?? 1)
        let loaded = try LoadedModel(
            opened.model, files: opened.tokenizers, engine: model.makeEngine(), size: size,
            progress: { part, done, total in
                if terminal.isTerminal { terminal.redraw("Loading: \(part) (\(done + 1) of \(total))") }
            })
        let restyler = try Restyler(loaded)
        let load = start.duration(to: clock.now)

        var report = BenchReport(
            load: load, engine: loaded.engine.description, width: size.width, height: size.height,
            weightsBytes: opened.model.float32ByteCount)
        report.settingsProgram = try clock.measure {
            try restyler.prepare(store.snapshot())
            restyler.activate()
        }
        let input = BenchPicture.make(width: inputSize?.width ?? size.width, height: inputSize?.height ?? size.height)
        var scaler = Scaler()
        let deadline = clock.now + .seconds(seconds)
        for index in 0..<(frames + 3) where index < 4 || clock.now < deadline {
            if terminal.isTerminal { terminal.redraw("Frame \(index + 1) of \(frames + 3)") }
            let begin = clock.now
            let small = try scaler.image(from: input, width: size.width, height: size.height)
            let scaledDown = clock.now
            let restyled = try restyler.restyle(small, with: store.snapshot())
            let done = clock.now
            _ = try scaler.image(from: restyled, width: input.width, height: input.height)
            let end = clock.now
            // The first frames warm caches up.
            guard index >= 3 else { continue }
            report.add(
                segments: restyler.segmentDurations, frameProgram: scaledDown.duration(to: done),
                scale: begin.duration(to: scaledDown) + done.duration(to: end), endToEnd: begin.duration(to: end))
        }
        terminal.clearLine()
        print(try json ? report.json() : report.text)
    }
}
