import ArgumentParser
import Foundation
import Media
import Pipeline
import Settings

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Restyle a recorded video, or one picture, from its beginning to its end.",
        discussion: """
            Sound, subtitles, chapters and metadata are kept; transparency is passed over. A run that is interrupted leaves a playable file.

            restyled run -i gameplay.mp4 -o styled.mp4 --prompt "watercolor painting"
            restyled run -i frame.png -o styled.png --prompt "pencil sketch" --strength 0.7
            restyled run -i evening.mkv -o styled.mkv --model stabilityai/sd-turbo --prompt "oil painting" --resume
            """)

    @OptionGroup var clip: ClipOptions
    @Option(help: "How to show progress: auto, json (one object a second on standard error), or none.")
    var progress: ProgressStyle = .auto

    @Option(
        help: ArgumentHelp(
            "Restyle a few frames across the clip into one picture, each beside its source, and nothing else; -o is not "
                + "needed then.", valueName: "file"), completion: .pictures)
    var preview: String?

    @Flag(
        help:
            "Work in units that stay in a folder beside the output, OUTPUT.job, until all are done: the same command goes on where an earlier one was stopped."
    )
    var resume = false
    @Flag(help: "With --resume: begin again, and forget what was done.")
    var fresh = false
    @Option(
        help: ArgumentHelp(
            "With --job: the unit to restyle, from 1. With --resume: how long units are. (default: 60s)",
            valueName: "number|time"))
    var unit: String?
    @Option(
        help: ArgumentHelp("Restyle one unit of a job that `restyled plan` made.", valueName: "folder"),
        completion: .directory)
    var job: String?

    enum ProgressStyle: String, ExpressibleByArgument, CaseIterable { case auto, json, none }

    func validate() throws {
        if fresh, !resume { throw ValidationError("--fresh goes with --resume.") }
        if unit != nil, !resume, job == nil { throw ValidationError("--unit goes with --job or --resume.") }
        if job != nil, unit.flatMap(Int.init) ?? 0 < 1 {
            throw ValidationError("--job takes the number of a unit as well, such as --unit 1.")
        }
        if job != nil, resume {
            throw ValidationError("--job does one unit, --resume all of them; give one of the two.")
        }
    }

    func run() throws {
        let terminal = Terminal()
        if let job, let unit = unit.flatMap(Int.init) {
            return try UnitCommand(folder: JobFolder(job), unit: unit, progress: progress, terminal: terminal).run()
        }
        if resume {
            let length = try UnitLength(time: unit)
            return try ResumableRun(
                clip: clip, arguments: Array(CommandLine.arguments.dropFirst(2)), length: length, isFresh: fresh,
                progress: progress, terminal: terminal
            ).run()
        }
        let source = try VideoSource(try clip.media.input, clip.media.sourceOptions)
        let output = try preview == nil ? clip.media.output : ""
        // Before the model is loaded, because that takes a while; the sink looks again when it makes the file.
        if preview == nil { try VideoSink.check(output, from: source.info, clip.media.sinkOptions) }
        let reporter = ProgressReporter(terminal, style: progress)
        let loaded = try LoadedClip(clip, for: source.info, terminal, reporter)
        if let preview { return try writePreview(preview, loaded, source.info, terminal) }

        let sink = try VideoSink(output, from: source.info, clip.sinkOptions(loaded.model.size))
        for note in source.info.notes + sink.notes { terminal.print("restyled: \(note)") }
        let job = FileJob(
            source: source, sink: sink, restyler: try Restyler(loaded.model), settings: SettingsStore(loaded.settings),
            options: try loaded.jobOptions(sink))
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
            throw ExitCode(ExitStatus.interrupted.rawValue)
        }
        if progress == .auto {
            reporter.printSummary(job.status, output: output, width: sink.width, height: sink.height)
        }
    }

    private func writePreview(
        _ preview: String, _ loaded: LoadedClip, _ info: SourceInfo, _ terminal: Terminal
    ) throws {
        let sheet = try Preview(
            media: clip.media, info: info, restyler: Restyler(loaded.model), settings: SettingsStore(loaded.settings)
        ).sheet()
        try sheet.write(to: preview, overwriting: clip.media.overwrite)
        terminal.print("\(preview): frames across \(try clip.media.input), each beside its source")
    }
}
