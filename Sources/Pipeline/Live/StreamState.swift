/// What a live stream is doing. Times are ns on the monotonic clock.
package enum StreamState: Sendable, Equatable {
    /// No picture has come from the source yet.
    case connecting(since: Int64)
    /// Frames come in and are restyled.
    case running(since: Int64)
    /// The source is gone; its last picture is repeated.
    case holding(since: Int64, reason: String)
    /// The source has been gone for long; a plain picture says so.
    case slate(since: Int64, reason: String)
    /// Told to pause: frames are dropped, the last picture is repeated.
    case paused(since: Int64)
    /// Told to show the source as it is.
    case passthrough(since: Int64)
    /// No new frames; what is under way is finished.
    case stopping(since: Int64)

    /// A state without its times and reasons; the raw values are the names in `status` and the metrics.
    package enum Kind: String, Sendable {
        case connecting, running, holding, slate, paused, passthrough, stopping
    }

    package var kind: Kind {
        switch self {
        case .connecting: .connecting
        case .running: .running
        case .holding: .holding
        case .slate: .slate
        case .paused: .paused
        case .passthrough: .passthrough
        case .stopping: .stopping
        }
    }

    package var since: Int64 {
        switch self {
        case .connecting(let since), .running(let since), .holding(let since, _), .slate(let since, _),
            .paused(let since), .passthrough(let since), .stopping(let since):
            since
        }
    }

    /// Why the source is not there.
    package var reason: String? {
        switch self {
        case .holding(_, let reason), .slate(_, let reason): reason
        case .connecting, .running, .paused, .passthrough, .stopping: nil
        }
    }
}

/// Decides what a live stream is doing from what happens to its source and its orders.
///
/// The source comes and goes by itself; paused and passthrough are orders that outlast it.
struct StreamMachine: Sendable, Equatable {
    enum Order: Sendable, Equatable {
        case restyle
        case pause(since: Int64)
        case passthrough(since: Int64)
        case stop(since: Int64)
    }

    struct Timeouts: Sendable, Equatable {
        /// A source that gives no frame for this long is lost, ns.
        var stall: Int64
        /// How long the last picture is held before the slate, ns.
        var hold: Int64
        init(stall: Int64 = 2_000_000_000, hold: Int64 = 5_000_000_000) {
            (self.stall, self.hold) = (stall, hold)
        }
    }

    private enum Source: Sendable, Equatable {
        case connecting(since: Int64)
        case running(since: Int64, lastFrame: Int64)
        case lost(since: Int64, reason: String)
    }

    let timeouts: Timeouts
    private var source: Source
    private var order = Order.restyle

    init(now: Int64, timeouts: Timeouts = Timeouts()) {
        self.timeouts = timeouts
        source = .connecting(since: now)
    }

    /// What the stream is doing at `now`.
    func state(at now: Int64) -> StreamState {
        switch order {
        case .stop(let since): return .stopping(since: since)
        case .pause(let since): return .paused(since: since)
        case .restyle, .passthrough: break
        }
        switch source {
        case .connecting(let since):
            return now - since >= timeouts.hold
                ? .slate(since: since + timeouts.hold, reason: "no frame has come from the source yet")
                : .connecting(since: since)
        case .running(let since, let lastFrame):
            if now - lastFrame >= timeouts.stall {
                let seconds = timeouts.stall / 1_000_000_000
                return lost(since: lastFrame + timeouts.stall, reason: "no frame for \(seconds) s", now: now)
            }
            if case .passthrough(let ordered) = order { return .passthrough(since: max(since, ordered)) }
            return .running(since: since)
        case .lost(let since, let reason):
            return lost(since: since, reason: reason, now: now)
        }
    }

    /// A frame came out of the decoder.
    mutating func frameArrived(at now: Int64) {
        switch source {
        case .running(let since, let lastFrame) where now - lastFrame < timeouts.stall:
            source = .running(since: since, lastFrame: now)
        case .running, .connecting, .lost:
            source = .running(since: now, lastFrame: now)
        }
    }

    /// The source ended, broke, or could not be opened (again).
    mutating func sourceLost(reason: String, at now: Int64) {
        switch source {
        case .connecting:
            // Nothing was ever shown, so there is nothing to hold.
            break
        case .running(_, let lastFrame):
            source = .lost(since: min(now, lastFrame + timeouts.stall), reason: reason)
        case .lost(let since, _):
            source = .lost(since: since, reason: reason)
        }
    }

    /// Orders after `stop` change nothing, and the same order again leaves its beginning as it was.
    mutating func obey(_ order: Order) {
        switch (self.order, order) {
        case (.stop, _), (.pause, .pause), (.passthrough, .passthrough): break
        default: self.order = order
        }
    }

    private func lost(since: Int64, reason: String, now: Int64) -> StreamState {
        now - since >= timeouts.hold
            ? .slate(since: since + timeouts.hold, reason: reason) : .holding(since: since, reason: reason)
    }
}

/// Whether a stream is well: its frames move, or there are none to move.
package enum Health: Sendable, Equatable {
    case moving
    /// There is nothing to do, and why.
    case idle(String)
    /// There is something to do and it is not being done.
    case stuck(String)

    package var isHealthy: Bool {
        if case .stuck = self { false } else { true }
    }
}

/// Tells a stream that is stuck from one that has nothing to do. Times are ns on the monotonic clock.
///
/// The stream reports what it does; what feeds systemd's watchdog asks for the verdict. If nobody asked for long either,
/// the whole process was stopped, and all times begin again.
struct Watchdog: Sendable, Equatable {
    struct Limits: Sendable, Equatable {
        /// The output clock may be silent for this long.
        var tick: Int64
        /// The model may take this long for one frame.
        var restyle: Int64
        init(tick: Int64 = 5_000_000_000, restyle: Int64 = 120_000_000_000) {
            (self.tick, self.restyle) = (tick, restyle)
        }
    }

    let limits: Limits
    private var lastTick: Int64
    private var lastAsked: Int64
    private var busySince: Int64?

    init(now: Int64, limits: Limits = Limits()) {
        self.limits = limits
        (lastTick, lastAsked) = (now, now)
    }

    mutating func ticked(at now: Int64) { lastTick = now }

    mutating func restyleBegan(at now: Int64) { busySince = now }

    mutating func restyleEnded() { busySince = nil }

    mutating func verdict(at now: Int64, state: StreamState) -> Health {
        if now - lastAsked > limits.tick {
            lastTick = max(lastTick, now)
            busySince = busySince.map { max($0, now) }
        }
        lastAsked = now
        if now - lastTick > limits.tick {
            return .stuck("no output tick for \((now - lastTick) / 1_000_000_000) s")
        }
        if let busySince, now - busySince > limits.restyle {
            return .stuck("the model has had one frame for \((now - busySince) / 1_000_000_000) s")
        }
        switch state {
        case .running, .passthrough: return .moving
        case .connecting: return .idle("waiting for the source")
        case .holding(_, let reason), .slate(_, let reason): return .idle(reason)
        case .paused: return .idle("paused")
        case .stopping: return .idle("stopping")
        }
    }
}
