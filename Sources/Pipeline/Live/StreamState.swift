import Basics

/// What a live stream is doing.
package enum StreamState: Sendable, Equatable {
    /// No picture has come from the source yet.
    case connecting
    /// Frames come in and are restyled.
    case running
    /// The source is gone; its last picture is repeated.
    case holding(reason: String)
    /// The source has been gone for long; a plain picture says so.
    case slate(reason: String)
    /// Frames are dropped, the last picture is repeated, as ordered.
    case paused
    /// The source is shown as it is, as ordered.
    case passthrough
    /// No new frames; what is under way is finished.
    case stopping

    /// A state without its reason.
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

    /// Why the source is not there.
    package var reason: String? {
        switch self {
        case .holding(let reason), .slate(let reason): reason
        case .connecting, .running, .paused, .passthrough, .stopping: nil
        }
    }
}

/// Decides what a live stream is doing from what happens to its source and its orders. Times are ns on the monotonic clock.
///
/// The source comes and goes by itself; paused and passthrough are orders that outlast it.
struct StreamMachine: Sendable, Equatable {
    enum Order: Sendable, Equatable { case restyle, pause, passthrough, stop }

    struct Timeouts: Sendable, Equatable {
        /// A source that gives no frame for this long is lost.
        var stall = Duration.seconds(2)
        /// How long the last picture is held before the slate.
        var hold = Duration.seconds(5)
    }

    private enum Source: Sendable, Equatable {
        case connecting(since: Int64)
        case running(lastFrame: Int64)
        case lost(since: Int64, reason: String)
    }

    private let stall: Int64
    private let hold: Int64
    private var source: Source
    private var order = Order.restyle

    init(now: Int64, timeouts: Timeouts = Timeouts()) {
        (stall, hold) = (timeouts.stall.inNanoseconds, timeouts.hold.inNanoseconds)
        source = .connecting(since: now)
    }

    /// What the stream is doing at `now`.
    func state(at now: Int64) -> StreamState {
        switch order {
        case .stop: return .stopping
        case .pause: return .paused
        case .restyle, .passthrough: break
        }
        switch source {
        case .connecting(let since):
            return now - since >= hold ? .slate(reason: "no frame has come from the source yet") : .connecting
        case .running(let lastFrame) where now - lastFrame >= stall:
            return lost(
                since: lastFrame + stall, reason: "no frame for \(stall / 1_000_000_000) s", now: now)
        case .running: return order == .passthrough ? .passthrough : .running
        case .lost(let since, let reason): return lost(since: since, reason: reason, now: now)
        }
    }

    /// A frame came out of the decoder.
    mutating func frameArrived(at now: Int64) { source = .running(lastFrame: now) }

    /// The source ended, broke, or could not be opened (again).
    mutating func sourceLost(reason: String, at now: Int64) {
        switch source {
        case .connecting:
            // Nothing was ever shown, so there is nothing to hold.
            break
        case .running(let lastFrame): source = .lost(since: min(now, lastFrame + stall), reason: reason)
        case .lost(let since, _): source = .lost(since: since, reason: reason)
        }
    }

    /// Orders after `stop` change nothing.
    mutating func obey(_ order: Order) {
        if self.order != .stop { self.order = order }
    }

    private func lost(since: Int64, reason: String, now: Int64) -> StreamState {
        now - since >= hold ? .slate(reason: reason) : .holding(reason: reason)
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
        var tick = Duration.seconds(5)
        /// The model may take this long for one frame.
        var restyle = Duration.seconds(120)
    }

    private let tick: Int64
    private let restyle: Int64
    private var lastTick: Int64
    private var lastAsked: Int64
    private var busySince: Int64?

    init(now: Int64, limits: Limits = Limits()) {
        (tick, restyle) = (limits.tick.inNanoseconds, limits.restyle.inNanoseconds)
        (lastTick, lastAsked) = (now, now)
    }

    mutating func ticked(at now: Int64) { lastTick = now }

    mutating func restyleBegan(at now: Int64) { busySince = now }

    mutating func restyleEnded() { busySince = nil }

    mutating func verdict(at now: Int64, state: StreamState) -> Health {
        if now - lastAsked > tick {
            lastTick = max(lastTick, now)
            busySince = busySince.map { max($0, now) }
        }
        lastAsked = now
        if now - lastTick > tick {
            return .stuck("no output tick for \((now - lastTick) / 1_000_000_000) s")
        }
        if let busySince, now - busySince > restyle {
            return .stuck("the model has had one frame for \((now - busySince) / 1_000_000_000) s")
        }
        switch state {
        case .running, .passthrough: return .moving
        case .connecting: return .idle("waiting for the source")
        case .holding(let reason), .slate(let reason): return .idle(reason)
        case .paused: return .idle("paused")
        case .stopping: return .idle("stopping")
        }
    }
}
