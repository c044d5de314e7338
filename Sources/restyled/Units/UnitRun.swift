import ArgumentParser
import Diffusion
import Dispatch
import Foundation
import Graph
import Media
import ModelLoading
import Pipeline
import Settings

/// Restyles units of a job, with the model loaded once.
struct UnitRun {
    let job: ClipJob
    let loaded: LoadedClip
    /// What computes, as a unit's record has it.
    let maker: String

    init(_ job: ClipJob, _ terminal: Terminal, _ reporter: ProgressReporter) throws {
        self.job = job
        let info = try job.packets().info
        loaded = try LoadedClip(job.clip, for: info, terminal, reporter)
        maker =
            "\(loaded.model.engine.name) in \(job.clip.model.precision.rawValue) at \(loaded.model.size.width)x\(loaded.model.size.height)"
    }

    enum Outcome { case done, cancelled }

    /// - Parameters:
    ///   - unit: from 1.
    ///   - began: takes the job that does it, before it begins.
    func run(_ unit: Int, reporter: ProgressReporter, after: FileJob.Status, began: (FileJob) -> Void) throws -> Outcome
    {
        let (folder, plan) = (job.folder, job.manifest.plan)
        let planned = plan.units[unit - 1]
        let started = ContinuousClock.now
        let part = folder.unfinished(unit)
        defer { unlink(part) }
        do {
            let source = try job.source(planned)
            var sinkOptions = job.clip.sinkOptions(loaded.model.size)
            sinkOptions.part = .unit(of: try job.clip.media.output)
            sinkOptions.overwrites = true
            let sink = try VideoSink(part, from: source.info, sinkOptions)
            var options = try loaded.jobOptions(sink)
            options.part = FileJob.Part(isFirst: unit == 1, next: planned.to)
            let work = FileJob(
                source: source, sink: sink, restyler: try Restyler(loaded.model),
                settings: SettingsStore(loaded.settings), options: options)
            began(work)
            let bar = reporter.begin(work, after: after, of: plan.units.reduce(0) { $0 + $1.frames })
            let pulse = report(work, unit, since: started)
            let outcome = Result { try work.run() }
            pulse.cancel()
            reporter.end(work, bar)
            // A damaged source gives what can be read of it, now and at every other try; the join says so.
            var loss: String?
            if case .failure(let error) = outcome {
                guard let error = error as? MediaError, [.invalidData, .truncated].contains(error.code),
                    work.report.output.written > 0
                else { throw error }
                loss = "\(error)"
            }
            if work.report.wasCancelled { return .cancelled }
            var record = UnitRecord(
                frames: work.status.frames, durations: work.report.durations,
                seconds: (ContinuousClock.now - started) / .seconds(1), host: JobFolder.host, engine: maker)
            record.loss = loss
            try folder.finish(unit, record)
            return .done
        } catch {
            folder.fail(unit, "\(error)")
            throw error
        }
    }

    /// Tells once a second how far a unit is, for `restyled status`.
    private func report(_ work: FileJob, _ unit: Int, since: ContinuousClock.Instant) -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "unit progress"))
        let folder = job.folder
        timer.schedule(deadline: .now(), repeating: 1)
        timer.setEventHandler {
            let frames = work.status.frames
            let seconds = (ContinuousClock.now - since) / .seconds(1)
            folder.report(
                unit,
                UnitProgress(
                    frames: frames, framesPerSecond: Double(frames) / max(seconds, 0.001), host: JobFolder.host,
                    process: Int(getpid()), time: Date().timeIntervalSince1970))
        }
        timer.resume()
        return timer
    }
}

/// `restyled run --job FOLDER --unit NUMBER`: one unit, wherever it is asked for; one that is there already takes a moment.
struct UnitCommand {
    let folder: JobFolder
    let unit: Int
    let progress: RunCommand.ProgressStyle
    let terminal: Terminal

    func run() throws {
        let job = try ClipJob(folder)
        let count = job.manifest.plan.units.count
        guard (1...count).contains(unit) else {
            throw UsageError("--unit \(unit): \(folder.path) has units 1 to \(count)")
        }
        if job.folder.record(of: unit) != nil {
            terminal.print("restyled: unit \(unit) of \(count) is done already")
            return
        }
        let reporter = ProgressReporter(terminal, style: progress)
        let run = try UnitRun(job, terminal, reporter)
        let outcome = try run.run(unit, reporter: reporter, after: FileJob.Status()) { work in
            onFirst(of: [SIGINT, SIGTERM, SIGHUP]) { _ in work.cancel() }
        }
        guard case .done = outcome else {
            terminal.print("restyled: unit \(unit) was interrupted; run it again")
            throw ExitCode(ExitStatus.interrupted.rawValue)
        }
        let frames = job.folder.record(of: unit)?.frames ?? 0
        terminal.print("unit \(unit) of \(count): \(frames) frames, in \(job.folder.video(unit))")
    }
}
