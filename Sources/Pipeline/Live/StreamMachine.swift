/// Decides what a live stream is doing from what happens to its source and what it is told.
///
/// The source comes and goes by itself; paused and passthrough are orders that outlast it.
package struct StreamMachine: Sendable, Equatable {
    package enum Order: Sendable, Equatable {
        case restyle
        case pause(since: Int64)
        case passthrough(since: Int64)
        case stop(since: Int64)
    }

    package struct Patience: Sendable, Equatable {
        /// A source that gives no frame for this long is lost, ns.
        package var stall: Int64
        /// How long the last picture is held before the slate, ns.
        package var hold: Int64
        package init(stall: Int64 = 2_000_000_000, hold: Int64 = 5_000_000_000) {
            (self.stall, self.hold) = (stall, hold)
        }
    }

    private enum Source: Sendable, Equatable {
        case connecting(since: Int64)
        case running(since: Int64, lastFrame: Int64)
        case lost(since: Int64, reason: String)
    }

    package let patience: Patience
    private var source: Source
    private var order = Order.restyle

    package init(now: Int64, patience: Patience = Patience()) {
        self.patience = patience
        source = .connecting(since: now)
    }

    /// What the stream is doing at `now`.
    package func state(at now: Int64) -> StreamState {
        switch order {
        case .stop(let since): return .stopping(since: since)
        case .pause(let since): return .paused(since: since)
        case .restyle, .passthrough: break
        }
        switch source {
        case .connecting(let since):
            return now - since >= patience.hold
                ? .slate(since: since + patience.hold, reason: "no frame has come from the source yet")
                : .connecting(since: since)
        case .running(let since, let lastFrame):
            if now - lastFrame >= patience.stall {
                let seconds = patience.stall / 1_000_000_000
                return lost(since: lastFrame + patience.stall, reason: "no frame for \(seconds) s", now: now)
            }
            if case .passthrough(let ordered) = order { return .passthrough(since: max(since, ordered)) }
            return .running(since: since)
        case .lost(let since, let reason):
            return lost(since: since, reason: reason, now: now)
        }
    }

    /// A frame came out of the decoder.
    package mutating func frameArrived(at now: Int64) {
        switch source {
        case .running(let since, let lastFrame) where now - lastFrame < patience.stall:
            source = .running(since: since, lastFrame: now)
        case .running, .connecting, .lost:
            source = .running(since: now, lastFrame: now)
        }
    }

    /// The source ended, broke, or could not be opened (again).
    package mutating func sourceLost(reason: String, at now: Int64) {
        switch source {
        case .connecting:
            // Nothing was ever shown, so there is nothing to hold.
            break
        case .running(_, let lastFrame):
            source = .lost(since: min(now, lastFrame + patience.stall), reason: reason)
        case .lost(let since, _):
            source = .lost(since: since, reason: reason)
        }
    }

    /// Orders after `stop` change nothing.
    package mutating func obey(_ order: Order) {
        if case .stop = self.order { return }
        self.order = order
    }

    private func lost(since: Int64, reason: String, now: Int64) -> StreamState {
        now - since >= patience.hold
            ? .slate(since: since + patience.hold, reason: reason) : .holding(since: since, reason: reason)
    }
}
