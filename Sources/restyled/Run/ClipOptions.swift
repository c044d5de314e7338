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

    func jobOptions(_ sink: VideoSink) throws -> FileJob.Options {
        var options = FileJob.Options()
        options.frameRate = media.frameRate
        options.timeline = try style.timeline
        options.mask = try mask.map(Mask.init(contentsOf:))?.image(width: sink.width, height: sink.height)
        return options
    }
}

/// A clip's model, loaded, and the settings that it begins with.
struct LoadedClip {
    let model: LoadedModel
    let settings: StreamSettings

    init(_ options: ClipOptions, for info: SourceInfo, _ terminal: Terminal, _ reporter: ProgressReporter) throws {
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
}
