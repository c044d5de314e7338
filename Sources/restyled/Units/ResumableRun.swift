import ArgumentParser
import Foundation
import Media
import Pipeline
import Settings
import Synchronization

/// `restyled run --resume`: all units of a clip in order, then the film; stopped at any moment and called again, it goes on.
struct ResumableRun {
    let clip: ClipOptions
    let arguments: [String]
    let length: UnitLength
    let isFresh: Bool
    let progress: RunCommand.ProgressStyle
    let terminal: Terminal

    func run() throws {
        let output = try clip.media.output
        let folder = ClipJob.folder(for: output)
        if isFresh, folder.exists {
            try folder.lock()
            folder.remove()
        }
        let job: ClipJob
        if folder.exists {
            job = try ClipJob(folder)
            try compare(job)
        } else {
            job = try ClipJob(planning: clip, arguments: arguments, length: length)
            if let note = job.manifest.plan.note { terminal.print("restyled: \(note)") }
        }
        try job.folder.lock()
        let reporter = ProgressReporter(terminal, style: progress)
        try restyleMissing(job, reporter)
        try JobJoin(job, terminal).run()
        job.folder.remove()
    }

    private func compare(_ job: ClipJob) throws {
        let (begun, given) = (CommandOptions(job.manifest.arguments), CommandOptions(arguments))
        if let difference = begun.difference(from: given) {
            let before = difference.mine.map { $0.isEmpty ? "with it" : "with \"\($0)\"" } ?? "without it"
            throw JobError(
                .differs,
                "\(job.folder.path) was begun with another \(difference.option), \(before); give the same, or --fresh to "
                    + "begin again")
        }
    }

    private func restyleMissing(_ job: ClipJob, _ reporter: ProgressReporter) throws {
        let units = job.manifest.plan.units
        let records = units.indices.map { job.folder.record(of: $0 + 1) }
        let missing = units.indices.filter { records[$0] == nil }
        guard let first = missing.first else { return }
        if missing.count < units.count {
            let place = (units[first].from - units[0].from).seconds(in: job.manifest.plan.timeBase).seconds
            terminal.print(
                "restyled: \(units.count - missing.count) of \(units.count) units are done; going on at "
                    + Progress.clock(place))
        }
        let run = try UnitRun(job, terminal, reporter)
        if let other = records.compactMap({ $0?.engine }).first(where: { $0 != run.maker }) {
            throw JobError(
                .differs,
                "the units that are done were made by \(other), and now it is \(run.maker); give the same --engine and "
                    + "--precision, or --fresh to begin again")
        }
        let current = Mutex<FileJob?>(nil)
        let isCancelled = Atomic(false)
        onFirst(of: [SIGINT, SIGTERM, SIGHUP]) { _ in
            isCancelled.store(true, ordering: .relaxed)
            current.withLock { $0?.cancel() }
        }
        for index in missing {
            var before = FileJob.Status()
            for done in units.indices where done < index || records[done] != nil {
                before.frames += units[done].frames
            }
            let outcome = try run.run(index + 1, reporter: reporter, after: before) { work in
                current.withLock { $0 = work }
                if isCancelled.load(ordering: .relaxed) { work.cancel() }
            }
            guard case .done = outcome else {
                terminal.print("restyled: interrupted; the same command goes on where it stopped")
                throw ExitCode(ExitStatus.interrupted.rawValue)
            }
        }
    }
}

/// Makes the film of a job whose units are all there.
struct JobJoin {
    let job: ClipJob
    let terminal: Terminal

    init(_ job: ClipJob, _ terminal: Terminal) { (self.job, self.terminal) = (job, terminal) }

    func run() throws {
        let records = try UnitJoin.records(job.folder, job.manifest)
        let output = try job.clip.media.output
        let source = try job.packets()
        // Of the pictures in the units: the model may have decided it.
        let sizes = job.manifest.plan.units.indices.lazy.map { job.folder.video($0 + 1) }
        guard let size = try sizes.compactMap({ try CodedVideo.size(of: $0) }).first else {
            throw JobError(.damaged, "not one unit holds a picture")
        }
        var options = job.clip.media.sinkOptions
        (options.width, options.height) = size
        options.part = .joined
        options.overwrites = true
        let ending = URL(fileURLWithPath: output).pathExtension
        let film = "\(job.folder.path)/film" + (ending.isEmpty ? "" : ".\(ending)")
        let sink = try VideoSink(film, from: source.info, options)
        for note in source.info.notes + sink.notes { terminal.print("restyled: \(note)") }
        let expected = records.reduce(0) { $0 + $1.frames }
        let join = UnitJoin(job.folder, job.manifest, source: source, sink: sink)
        // What a damaged source lost is told once the film is there.
        var loss: (any Error)?
        do { try join.run(records) } catch let error as MediaError
            where [.invalidData, .truncated].contains(error.code)
        {
            loss = error
        }
        guard sink.framesWritten == Int64(expected) else {
            throw JobError(
                .damaged, "the film has \(sink.framesWritten) of \(expected) pictures; this is a fault of the program")
        }
        try JobFolder.publish(film, as: output)
        terminal.print("\(output): \(expected) frames, \(sink.width)x\(sink.height), joined of \(records.count) units")
        if let loss { throw loss }
        if let sentence = records.lazy.compactMap(\.loss).first { throw JobError(.damaged, sentence) }
    }
}
