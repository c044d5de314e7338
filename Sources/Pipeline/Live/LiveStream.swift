package import Basics
import Glibc
package import Media
package import Settings

/// A live stream: newest frame in, a picture out on every tick, whatever source, model and outputs do.
///
/// Its threads share one small state. The input's reads, decodes and scales; the model's takes the newest frame; the
/// settings' prepares what the model needs of new ones; the clock offers the newest picture to the outputs on every tick;
/// and each output's mixes, scales and writes. None waits for another but the model's for a frame.
package final class LiveStream: Sendable {
    package let name: String
    let shared: Monitor<Shared>
    let stage: FrameStage
    let preparer: SettingsPreparer
    let settings: @Sendable (MonotonicTime) -> SettingsSnapshot
    let report: @Sendable (LiveEvent) -> Void
    let input: LiveInput
    let outputs: [LiveOutput]
    private let mask: Mask?
    private let workers = Monitor<[Worker]>([])

    /// The rate of an output whose setting is `source`, where the source does not tell its own.
    static let usualRate = Rational(30)

    /// - Parameters:
    ///   - turn: shared by the streams that share a model.
    ///   - mask: where to restyle; nil restyles everywhere.
    ///   - settings: those in force at a time.
    ///   - report: called from the stream's threads; must not block for long.
    package convenience init(
        name: String, input: InputConfiguration, outputs: [OutputConfiguration], restyler: any FrameRestyler,
        turn: ModelTurn,
        mask: Mask? = nil, settings: @escaping @Sendable (MonotonicTime) -> SettingsSnapshot,
        report: @escaping @Sendable (LiveEvent) -> Void
    ) {
        self.init(
            name: name, input: input, outputs: outputs, stage: FrameStage(restyler, turn: turn), mask: mask,
            epoch: monotonicNow(), settings: settings, report: report)
    }

    /// - Parameter epoch: the time that is 0 in what is written to a connection, monotonic ns.
    init(
        name: String, input: InputConfiguration, outputs: [OutputConfiguration], stage: FrameStage, mask: Mask?,
        epoch: Int64, timeouts: StreamMachine.Timeouts = StreamMachine.Timeouts(),
        settings: @escaping @Sendable (MonotonicTime) -> SettingsSnapshot,
        report: @escaping @Sendable (LiveEvent) -> Void
    ) {
        (self.name, self.stage, self.mask, self.settings, self.report) = (name, stage, mask, settings, report)
        preparer = SettingsPreparer(stage.restyler)
        self.input = LiveInput(input)
        let shared = Monitor(Shared(now: monotonicNow(), timeouts: timeouts))
        self.shared = shared
        self.outputs = outputs.map { output in
            LiveOutput(output, mask: mask, epoch: epoch, report: report) { captured, time in
                shared.withLock { shared in
                    shared.latency.record(time - captured)
                    shared.audio.follow(time - captured)
                }
            }
        }
    }

    /// Starts the threads. Once.
    package func start() {
        // While the source is still being opened.
        preparer.want(settings(.now))
        workers.withLock { workers in
            workers.append(Worker("\(name) settings", .settings) { [preparer] in preparer.run() })
            workers.append(Worker("\(name) in") { [self] in read() })
            workers.append(Worker("\(name) model", .model) { [self] in restyle() })
            workers.append(Worker("\(name) clock", .clock) { [self] in tick() })
            for output in outputs { workers.append(Worker("\(name) out", .output) { output.run() }) }
        }
    }

    /// Stops reading, finishes the outputs, and returns when all is done or `deadline` has come; half a
    /// second before it whatever still blocks is given up.
    /// - Returns: whether everything has ended.
    @discardableResult
    package func stop(by deadline: MonotonicTime) -> Bool {
        let (now, deadline) = (monotonicNow(), deadline.nanoseconds)
        shared.withLockNotifying { shared in
            shared.isStopping = true
            shared.machine.obey(.stop)
            shared.dropWaiting(.shutdown)
        }
        input.stop()
        preparer.stop()
        let lastCall = max(deadline - 500_000_000, now)
        shared.wait { shared in
            shared.isClockDone || monotonicNow() >= lastCall ? .done(()) : .retry(at: lastCall)
        }
        for output in outputs { output.finish() }
        let all = workers.withLock { $0 }
        let areDone = all.allSatisfy { $0.join(until: lastCall) }
        for output in outputs { output.cancel() }
        let ended = areDone || all.allSatisfy { $0.join(until: deadline) }
        shared.withLockNotifying { shared in
            // The model can't be interrupted; what it still makes of the frame will not be seen.
            if case .restyling = shared.inFlight {
                shared.inFlight = .abandoned
                shared.counters.countDropped(.shutdown)
            }
        }
        return ended
    }

    package var status: StreamStatus {
        let now = monotonicNow()
        let outputs = outputs.map(\.status)
        return shared.withLock { shared in
            let state = shared.machine.state(at: now)
            return StreamStatus(
                state: state, health: shared.watchdog.verdict(at: now, state: state), counters: shared.counters,
                held: shared.held, outputs: outputs, ticks: shared.ticks, missedTicks: shared.clock?.missed ?? 0,
                latency: shared.latency, restyleTime: shared.restyleTime,
                restyledPerSecond: shared.throughput.perSecond(at: now), connections: shared.connections,
                source: shared.source, settings: settings(MonotonicTime(nanoseconds: now)))
        }
    }

    /// Whether there is a picture yet.
    package var hasPicture: Bool { shared.withLock { $0.picture != nil } }

    /// The last source frame that became a picture, and that picture, both of one size; nil before the first.
    ///
    /// They are made when they are asked for, on the thread that asks.
    package func lastPictures() throws -> (source: RGBImage, restyled: RGBImage)? {
        guard let last = shared.withLock({ $0.picture?.picture }) else { return nil }
        var scaler = Scaler()
        switch last {
        case .plain(let image): return (image, image)
        case .source(let frame):
            let image = try scaler.image(from: frame, width: frame.width, height: frame.height)
            return (image, image)
        case .restyled(let image, let frame, let blend):
            let mixed = try image.mixed(
                over: frame, blend: blend, mask: try mask?.image(width: frame.width, height: frame.height))
            return (try scaler.image(from: frame, width: mixed.width, height: mixed.height), mixed)
        }
    }
}

extension LiveStream {
    /// A decoded frame that waits for the model.
    struct CapturedFrame: Sendable {
        let staged: StagedFrame
        /// Monotonic ns.
        let captured: Int64
    }

    /// The frame that left the mailbox.
    enum InFlightFrame: Sendable {
        case none
        /// On its way through the model since then.
        case restyling(since: Int64)
        /// The stream gave it up while the model still had it.
        case abandoned
    }

    /// Everything the stream's threads share.
    struct Shared: Sendable {
        var counters = FrameCounters()
        var machine: StreamMachine
        var watchdog: Watchdog
        var mailbox = Mailbox<CapturedFrame>()
        var inFlight = InFlightFrame.none
        var gate = RateGate()
        var clock: OutputClock?
        var rate: FrameRate?
        var picture: LivePicture?
        var serial: Int64 = 0
        var source: SourceInfo?
        var connections: Int64 = 0
        var ticks: Int64 = 0
        /// When the last frame was decoded, and how long after the one before it, monotonic ns.
        var lastArrival: Int64?
        var arrivalInterval: Int64 = 0
        /// What the last frame took, ns.
        var lastRestyleTime: Int64 = 0
        var latency = LatencyHistogram()
        var restyleTime = LatencyHistogram()
        var throughput: Throughput
        var audio = AudioDelay()
        var failures = RateLimitedCount()
        var reported: StreamState
        var isStopping = false
        /// The output clock has given its last tick.
        var isClockDone = false

        init(now: Int64, timeouts: StreamMachine.Timeouts) {
            machine = StreamMachine(now: now, timeouts: timeouts)
            watchdog = Watchdog(now: now)
            throughput = Throughput(now: now)
            reported = .connecting
        }

        /// Frames that are in the mailbox or in flight.
        var held: Int64 {
            let inFlight: Int64 = if case .restyling = inFlight { 1 } else { 0 }
            return inFlight + (mailbox.isEmpty ? 0 : 1)
        }

        mutating func publish(_ picture: Picture, captured: Int64?) {
            serial += 1
            self.picture = LivePicture(picture: picture, serial: serial, captured: captured)
        }

        /// Empties the mailbox.
        mutating func dropWaiting(_ cause: DropCause) {
            if mailbox.take() != nil { counters.countDropped(cause) }
        }

        mutating func frameArrived(at now: Int64) {
            machine.frameArrived(at: now)
            arrivalInterval = min(lastArrival.map { now - $0 } ?? 0, 1_000_000_000)
            lastArrival = now
        }

        /// Whether the model is likely to take the frame that has just arrived, and not a later one: it is worth scaling
        /// where the model will be free, and the tick have come, before the next frame is there.
        func isLikelyTaken(at now: Int64) -> Bool {
            guard let clock else { return false }
            let next = now + arrivalInterval
            guard gate.isOpen(at: clock.index(at: next)) else { return false }
            switch inFlight {
            case .none: return true
            case .restyling(let since): return since + lastRestyleTime <= next
            case .abandoned: return false
            }
        }
    }
}
