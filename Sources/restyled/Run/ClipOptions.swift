import ArgumentParser
import Diffusion
import Media
import ModelLoading
import Pipeline
import Settings

/// All that decides what a restyled clip looks like and where it goes.
struct ClipOptions: ParsableArguments {
    @OptionGroup(title: "Input and output") var media: MediaOptions
    @OptionGroup(title: "Style") var style: StyleOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @Option(
        help: "A picture that keeps a game's HUD: white restyles, black keeps the source, greys blend.",
        completion: .pictures)
    var mask: String?

    /// For a model that works at this size.
    func sinkOptions(_ size: WorkingSize) -> SinkOptions {
        var options = media.sinkOptions
        if case .model = media.outputSize { (options.width, options.height) = (size.width, size.height) }
        return options
    }
}

/// A clip's model, loaded, and all else that its frames need.
struct LoadedClip {
    let model: LoadedModel
    /// Those that it begins with.
    let settings: StreamSettings
    private let timeline: Timeline?
    private let mask: Mask?
    private let frameRate: Rational?

    init(_ options: ClipOptions, for info: SourceInfo, _ terminal: Terminal, _ reporter: ProgressReporter) throws {
        // Before the model, because that takes a while.
        timeline = try options.style.timeline
        mask = try options.mask.map(Mask.init(contentsOf:))
        frameRate = options.media.frameRate
        var settings = try options.style.settings
        let opened = try options.model.open { terminal.print("restyled: \($0)") }
        if options.style.needsPrompt(settings) {
            terminal.print("restyled: \(try StyleOptions.choose(for: options.model.model, opened.files, &settings))")
        }
        let size = options.model.workingSize(
            opened.model, inputWidth: info.displayWidth, inputHeight: info.height)
        model = try LoadedModel(
            opened.model, files: opened.tokenizers, engine: try options.model.makeEngine(), size: size,
            progress: { reporter.loading(part: $0, done: $1, total: $2) },
            warn: { terminal.print("restyled: \($0)") })
        self.settings = settings
    }

    func jobOptions(_ sink: VideoSink) throws -> FileJob.Options {
        var options = FileJob.Options()
        (options.frameRate, options.timeline) = (frameRate, timeline)
        options.mask = try mask?.image(width: sink.width, height: sink.height)
        return options
    }
}
