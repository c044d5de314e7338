import ArgumentParser
import Basics
import Diffusion
import Foundation
import Media
import ModelLoading
import Pipeline
import Settings

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Restyle a recorded video, or one picture, from its beginning to its end.",
        discussion: """
            Sound, subtitles, chapters and metadata are kept; transparency is passed over. A run that is interrupted leaves a playable file.

            restyled run -i gameplay.mp4 -o styled.mp4 --prompt "watercolor painting"
            restyled run -i frame.png -o styled.png --prompt "pencil sketch" --strength 0.7
            """)

    @OptionGroup(title: "Input and output") var media: MediaOptions
    @OptionGroup(title: "Style") var style: StyleOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @Option(help: "How to show progress: auto, json (one object a second on standard error), or none.")
    var progress: ProgressStyle = .auto

    @Option(
        help: ArgumentHelp(
            "Restyle a few frames across the clip into one picture, each beside its source, and nothing else; -o is not "
                + "needed then.", valueName: "file"), completion: .pictures)
    var preview: String?

    enum ProgressStyle: String, ExpressibleByArgument, CaseIterable { case auto, json, none }

    func run() throws {
        let terminal = Terminal()
        var settings = try style.settings
        let timeline = try style.timeline
        let source = try VideoSource(media.input, media.sourceOptions)
        let output = try preview == nil ? media.output : ""
        // Before the model is loaded, because that takes a while; the sink looks again when it makes the file.
        if preview == nil { try VideoSink.check(output, from: source.info, media.sinkOptions) }
        let mask = try media.formats.mask.map(Mask.init(contentsOf:))

        let opened = try model.open()
        if style.needsPrompt(settings) {
            terminal.print("restyled: \(try StyleOptions.choose(for: model.model, opened.files, &settings))")
        }
        let size = model.workingSize(
            opened.model, inputWidth: source.info.displayWidth, inputHeight: source.info.height)
        let engine = try model.makeEngine()
        let reporter = ProgressReporter(terminal, style: progress)
        let loaded = try LoadedModel(
            opened.model, files: opened.tokenizers, engine: engine, size: size,
            progress: { reporter.loading(part: $0, done: $1, total: $2) },
            warn: { terminal.print("restyled: \($0)") })

        if let preview {
            let sheet = try Preview(
                media: media, info: source.info, restyler: Restyler(loaded), settings: SettingsStore(settings)
            ).sheet()
            try sheet.write(to: preview, overwriting: media.overwrite)
            terminal.print("\(preview): frames across \(media.input), each beside its source")
            return
        }
        var sinkOptions = media.sinkOptions
        if case .model = media.outputSize { (sinkOptions.width, sinkOptions.height) = (size.width, size.height) }
        let sink = try VideoSink(output, from: source.info, sinkOptions)
        for note in source.info.notes + sink.notes { terminal.print("restyled: \(note)") }

        var options = FileJob.Options()
        options.frameRate = media.frameRate
        options.timeline = timeline
        options.mask = try mask?.image(width: sink.width, height: sink.height)
        let job = FileJob(
            source: source, sink: sink, restyler: try Restyler(loaded), settings: SettingsStore(settings),
            options: options)
        onFirst(of: [SIGINT, SIGTERM, SIGHUP]) { _ in job.cancel() }
        let notesBefore = sink.notes.count
        let timer = reporter.begin(job)
        let outcome = Result { try job.run() }
        reporter.end(job, timer)
        for note in sink.notes.dropFirst(notesBefore) { terminal.print("restyled: \(note)") }
        if try outcome.get().wasCancelled {
            terminal.print(
                sink.framesWritten > 0
                    ? "restyled: interrupted; \(output) holds what was restyled until then"
                    : "restyled: interrupted before the first picture; \(output) was not touched")
            throw ExitCode(.interrupted)
        }
        if progress == .auto {
            reporter.printSummary(job.status, output: output, width: sink.width, height: sink.height)
        }
    }
}
