import Media
import Settings

extension LiveStream {
    /// A decoded frame that waits for the model.
    struct CapturedFrame: Sendable {
        let frame: Frame
        /// Monotonic ns.
        let captured: Int64
    }

    /// Where the frame that left the mailbox is.
    enum Bench: Sendable {
        case empty
        /// On its way through the model since then.
        case busy(since: Int64)
        /// The stream gave it up while the model still had it.
        case abandoned
    }

    /// Everything the stream's threads share.
    struct Shared: Sendable {
        var account = FrameAccount()
        var machine: StreamMachine
        var watchdog: Watchdog
        var mailbox = Mailbox<CapturedFrame>()
        var bench = Bench.empty
        var gate = RateGate()
        var clock: OutputClock?
        var rate: FrameRate?
        var picture: LivePicture?
        /// The last source frame that was restyled, of the restyled picture's size.
        var original: RGBImage?
        var serial: Int64 = 0
        var source: SourceInfo?
        var connections: Int64 = 0
        var ticks: Int64 = 0
        var latency = LatencyHistogram()
        var restyleTime = LatencyHistogram()
        var throughput: Throughput
        var audio = AudioDelay()
        var trouble = TroubleReport()
        var reported: StreamState
        var isStopping = false
        /// The output clock has given its last tick.
        var isClockDone = false

        init(now: Int64, patience: StreamMachine.Patience) {
            machine = StreamMachine(now: now, patience: patience)
            watchdog = Watchdog(now: now)
            throughput = Throughput(now: now)
            reported = .connecting(since: now)
        }

        /// Frames that lie in the mailbox or on the bench.
        var held: Int64 {
            let onBench: Int64 = if case .busy = bench { 1 } else { 0 }
            return onBench + (mailbox.isEmpty ? 0 : 1)
        }

        mutating func publish(_ image: RGBImage, captured: Int64?) {
            serial += 1
            picture = LivePicture(image: image, serial: serial, captured: captured)
        }

        /// Empties the mailbox.
        mutating func dropWaiting(_ cause: DropCause) {
            if mailbox.take() != nil { account.drop(cause) }
        }
    }
}
