import Basics
package import Media
package import Settings
import Synchronization

/// Restyles an input from its beginning to its end: decoding, restyling and encoding each on a thread of its own,
/// joined by short queues, so that memory stays the same however long the input is.
package final class FileJob: Sendable {
    package struct Options: Sendable {
        /// Frames a second of the output; nil keeps every timestamp of the source.
        package var frameRate: Rational?
        /// Where white restyles and black keeps the source; of the output's size.
        package var mask: RGBImage?
        /// Changes of the settings on the way, at times of the output.
        package var timeline: Timeline?
        /// Which part of the output these frames are; nil for all of it.
        package var part: Part?

        package init() {}
    }

    /// One of several jobs that make an output.
    package struct Part: Sendable {
        /// Whether no frames of the output are shown before these.
        package var isFirst: Bool
        /// When the frame is shown that follows these, in ticks of the source; nil where none does.
        package var next: Int64?

        package init(isFirst: Bool, next: Int64?) { (self.isFirst, self.next) = (isFirst, next) }
    }

    /// What came of it.
    package struct Report: Sendable {
        package var frames = FrameCounters()
        package var output = OutputCounters()
        /// How long each written picture of a part is shown, in the output's time base.
        package var durations = RunLengths()
        /// Whether `cancel` ended it before the input did.
        package var wasCancelled = false
    }

    /// How far it is, at any moment, from any thread.
    package struct Status: Sendable {
        /// Frames handed to the encoder, repeats included.
        package var frames = 0
        /// Seconds of video they last.
        package var position = 0.0

        package init() {}
    }

    private struct Shared {
        var report = Report()
        var status = Status()
        /// The first error; what follows from it is not worth reporting.
        var error: (any Error)?
        var timeline: ArraySlice<Timeline.Entry>
    }

    private enum Decoded: Sendable {
        case frame(StagedFrame, SettingsSnapshot, times: [Showing])
        case packet(Packet)
    }
    private enum Restyled: Sendable {
        case picture(Picture, times: [Showing])
        case packet(Packet)
    }
    /// When a picture is shown and for how long, in the output's time base.
    private struct Showing: Sendable {
        let pts: Int64
        let duration: Int64
    }

    private let source: VideoSource
    private let sink: VideoSink
    private let options: Options
    private let settings: SettingsStore
    private let timeBase: Rational
    private let stage: FrameStage
    private let decoded = BoundedQueue<Decoded>(capacity: 3)
    private let restyled = BoundedQueue<Restyled>(capacity: 3)
    private let shared: Mutex<Shared>

    /// - Parameter sink: its time base must be the frame rate's reciprocal where there is one, or else the source's.
    package init(
        source: VideoSource, sink: VideoSink, restyler: any FrameRestyler, settings: SettingsStore, options: Options
    ) {
        (self.source, self.sink, self.settings, self.options) = (source, sink, settings, options)
        timeBase = options.frameRate?.reciprocal ?? source.info.timeBase
        stage = FrameStage(restyler)
        sink.useMask(options.mask)
        shared = Mutex(Shared(timeline: options.timeline?.entries[...] ?? []))
    }

    /// Frames the output will have, where it can be told.
    package var totalFrames: Int? {
        guard let rate = options.frameRate else { return source.info.frameCount.map(Int.init) }
        return source.info.duration.map { max(1, Int(($0.seconds * rate.seconds).rounded())) }
    }

    /// What came of it so far; complete after `run`, however that ended.
    package var report: Report { shared.withLock { $0.report } }

    package var status: Status { shared.withLock { $0.status } }

    /// Ends the job early, and the output properly, with what has been restyled by now. From any thread.
    package func cancel() {
        shared.withLock { $0.report.wasCancelled = true }
        source.cancel()
        decoded.finish()
    }

    /// Blocks until the output is complete.
    /// - Throws: the first error, after everything that could be written was.
    package func run() throws -> Report {
        // The model runs here; the other two have threads of their own.
        let reading = Worker("read") { self.read() }
        let writing = Worker("write") { self.write() }
        restyle()
        _ = writing.join(until: .max)
        _ = reading.join(until: .max)
        let (report, error) = shared.withLock { ($0.report, $0.error) }
        if let error { throw error }
        return report
    }

    private func fail(_ error: any Error) { shared.withLock { $0.error = $0.error ?? error } }

    // MARK: Reading

    private func read() {
        defer { decoded.finish() }
        var scaler = Scaler()
        var converter = options.frameRate.map {
            FrameRateConverter<Frame>(
                rate: $0, timeBase: source.info.timeBase, continues: options.part.map { !$0.isFirst } ?? false)
        }
        do {
            while let item = try source.next() {
                switch item {
                case .packet(let packet):
                    guard decoded.put(.packet(packet)) else { return }
                case .frame(let frame):
                    shared.withLock { $0.report.frames.countDecoded() }
                    guard converter != nil else {
                        let times = [Showing(pts: frame.pts, duration: frame.duration)]
                        guard try put(frame, times, &scaler) else { return }
                        continue
                    }
                    let shown = converter?.push(frame, pts: frame.pts, duration: frame.duration)
                    guard try put(shown, &scaler) else { return }
                }
            }
        } catch {
            // `cancel` ends the source as an error of the source's; that the job was cancelled is known already.
            if !isCancelled { fail(error) }
        }
        do { _ = try put(converter?.finish(before: options.part?.next), &scaler) } catch { fail(error) }
    }

    private var isCancelled: Bool { shared.withLock { $0.report.wasCancelled } }

    private func put(_ shown: FrameRateConverter<Frame>.Shown?, _ scaler: inout Scaler) throws -> Bool {
        guard let shown else { return true }
        if shown.ticks.isEmpty {
            shared.withLock { $0.report.frames.countDropped(.rate) }
            return true
        }
        return try put(shown.element, shown.ticks.map { Showing(pts: $0, duration: 1) }, &scaler)
    }

    private func put(_ frame: Frame, _ times: [Showing], _ scaler: inout Scaler) throws -> Bool {
        let snapshot = snapshot(at: times[0].pts)
        let staged = snapshot.asksModel ? try stage.stage(frame, &scaler) : StagedFrame(frame: frame)
        if decoded.put(.frame(staged, snapshot, times: times)) { return true }
        shared.withLock { $0.report.frames.countDropped(.shutdown) }
        return false
    }

    // MARK: Restyling

    private func restyle() {
        defer { restyled.finish() }
        var scaler = Scaler()
        while let item = decoded.take() {
            switch item {
            case .packet(let packet):
                if !restyled.put(.packet(packet)) { return abandon() }
            case .frame(let staged, let snapshot, let times):
                do {
                    // Every frame gets the settings of its own time: what is recorded can wait for them.
                    if snapshot.asksModel {
                        try stage.restyler.prepare(snapshot)
                        stage.restyler.activate()
                    }
                    let picture = try stage.picture(of: staged, under: snapshot, &scaler)
                    shared.withLock { $0.report.frames.countRestyled() }
                    guard restyled.put(.picture(picture, times: times)) else { return abandon() }
                } catch {
                    shared.withLock { $0.report.frames.countDropped(.inferenceError) }
                    fail(error)
                    return abandon()
                }
            }
        }
    }

    /// Nothing more will be written: the source need not be read on, and what waits is dropped.
    private func abandon() {
        source.cancel()
        for case .frame in decoded.cancel() { shared.withLock { $0.report.frames.countDropped(.shutdown) } }
    }

    /// The settings of a frame, on a clock that is the video's own: a timeline means the same at any speed.
    private func snapshot(at pts: Int64) -> SettingsSnapshot {
        let now = MonotonicTime(nanoseconds: Int64((Double(pts) * timeBase.seconds * 1e9).rounded()))
        let due = shared.withLock { shared in
            let due = shared.timeline.prefix { MonotonicTime(nanoseconds: $0.time.inNanoseconds) <= now }
            shared.timeline = shared.timeline.dropFirst(due.count)
            return due
        }
        for entry in due {
            settings.apply(
                entry.change, over: entry.transition, at: MonotonicTime(nanoseconds: entry.time.inNanoseconds))
        }
        return settings.snapshot(at: now)
    }

    // MARK: Writing

    private func write() {
        var durations = RunLengths()
        defer { shared.withLock { $0.report.durations = durations } }
        do {
            while let item = restyled.take() {
                switch item {
                case .packet(let packet):
                    try sink.write(packet)
                case .picture(let picture, let times):
                    let prepared = try picture.prepared(for: sink)
                    for (index, time) in times.enumerated() {
                        shared.withLock { $0.report.output.countOffered() }
                        try sink.write(prepared, pts: time.pts, duration: time.duration)
                        if options.part != nil { durations.append(time.duration) }
                        shared.withLock { shared in
                            shared.report.output.countWritten(isRepeat: index > 0)
                            shared.status.frames += 1
                            shared.status.position = Double(time.pts + time.duration) * timeBase.seconds
                        }
                    }
                }
            }
        } catch {
            shared.withLock { $0.report.output.countDropped(.outputDown, $0.report.output.queued) }
            fail(error)
            restyled.cancel()
            source.cancel()
        }
        // Also after an error: what the encoder still holds belongs into the file.
        do { try sink.finish() } catch { fail(error) }
    }
}
