package import Basics
import Glibc
package import Media
package import Settings

/// A live stream: newest frame in, a picture out on every tick, whatever source, model and outputs do.
///
/// Four kinds of threads share one small state: the input's reads and decodes, the restyler takes the newest frame, the
/// clock offers the newest picture to the outputs on every tick, and each output writes. None waits for another but
/// the restyler for a frame.
package final class LiveStream: Sendable {
    package let name: String
    let shared: Monitor<Shared>
    let restyler: any FrameRestyler
    let mask: Mask?
    let turn: ModelTurn
    let settings: @Sendable (MonotonicTime) -> SettingsSnapshot
    let report: @Sendable (LiveEvent) -> Void
    let outputs: [LiveOutput]
    /// From the start to the stop, because the input's receiver refers to the stream.
    private let input = Monitor<LiveInput?>(nil)
    private let workers = Monitor<[Worker]>([])
    private let source: LiveSource

    /// The rate of an output whose setting is `source`, where the source does not tell its own.
    static let usualRate = Rational(30)

    /// - Parameters:
    ///   - turn: shared by the streams that share a model.
    ///   - mask: where to restyle; nil restyles everywhere.
    ///   - settings: those in force at a time.
    ///   - report: called from the stream's threads; must not block for long.
    package init(
        name: String, source: LiveSource, targets: [LiveTarget], restyler: any FrameRestyler, turn: ModelTurn,
        mask: Mask? = nil, settings: @escaping @Sendable (MonotonicTime) -> SettingsSnapshot,
        report: @escaping @Sendable (LiveEvent) -> Void
    ) {
        (self.name, self.source, self.restyler, self.turn, self.mask) = (name, source, restyler, turn, mask)
        (self.settings, self.report) = (settings, report)
        let now = monotonicNow()
        let shared = Monitor(Shared(now: now, patience: source.patience))
        self.shared = shared
        outputs = targets.map { target in
            LiveOutput(target, epoch: now, report: report) { captured, time in
                shared.quietly { shared in
                    shared.latency.record(time - captured)
                    shared.audio.follow(time - captured)
                }
            }
        }
    }

    /// Starts the threads. Once.
    package func start() {
        let input = LiveInput(
            source,
            LiveInput.Receiver(
                opened: { [self] in opened($0) },
                frame: { [self] in accept($0, captured: $1, isDiscontinuity: $2) },
                packet: { [self] in pass($0, time: $1) },
                undecoded: { [shared] count in shared.quietly { $0.account.failToDecode(count) } },
                lost: { [self] in lost($0, retryIn: $1) }))
        self.input.update { $0 = input }
        workers.update { workers in
            workers.append(Worker("\(name) in") { input.run() })
            workers.append(Worker("\(name) model", .model) { [self] in restyle() })
            workers.append(Worker("\(name) clock", .clock) { [self] in tick() })
            for output in outputs { workers.append(Worker("\(name) out", .output) { output.run() }) }
        }
    }

    /// Stops reading, finishes the outputs, and returns when all is done or `deadline` (monotonic ns) has come; half a
    /// second before it whatever still blocks is given up.
    /// - Returns: whether everything has ended.
    @discardableResult
    package func stop(by deadline: Int64) -> Bool {
        let now = monotonicNow()
        shared.update { shared in
            shared.isStopping = true
            shared.machine.obey(.stop(since: now))
            shared.dropWaiting(.shutdown)
        }
        // Let go of, because its receiver refers to the stream.
        input.quietly { input in
            input?.stop()
            input = nil
        }
        let lastCall = max(deadline - 500_000_000, now)
        shared.wait { shared in
            shared.isClockDone || monotonicNow() >= lastCall ? .done(()) : .retry(at: lastCall)
        }
        for output in outputs { output.finish() }
        let all = workers.quietly { $0 }
        let areDone = all.allSatisfy { $0.join(until: lastCall) }
        for output in outputs { output.cancel() }
        let ended = areDone || all.allSatisfy { $0.join(until: deadline) }
        shared.update { shared in
            // The model can't be interrupted; whatever it still makes of the frame, nobody will see it.
            if case .busy = shared.bench {
                shared.bench = .abandoned
                shared.account.drop(.shutdown)
            }
        }
        return ended
    }

    package var status: StreamStatus {
        let now = monotonicNow()
        let outputs = outputs.map(\.status)
        return shared.quietly { shared in
            let state = shared.machine.state(at: now)
            return StreamStatus(
                state: state, health: shared.watchdog.verdict(at: now, state: state), account: shared.account,
                held: shared.held, outputs: outputs, ticks: shared.ticks, missedTicks: shared.clock?.missed ?? 0,
                latency: shared.latency, restyleTime: shared.restyleTime,
                restyledPerSecond: shared.throughput.perSecond(at: now), connections: shared.connections,
                source: shared.source, settings: settings(MonotonicTime(nanoseconds: now)), time: now)
        }
    }

    /// The last source frame that went into the model and what came out, once there is one.
    package var lastPictures: (source: RGBImage, restyled: RGBImage)? {
        shared.quietly { shared in
            guard let original = shared.original, let picture = shared.picture else { return nil }
            return (original, picture.image)
        }
    }
}
