/// Tells a stream that is stuck from one that rightly stands still. Times are ns on the monotonic clock.
///
/// The stream reports what it does; whoever feeds systemd's watchdog asks for the verdict. If nobody asked for long
/// either, the whole process was stopped, and everybody gets their time anew.
package struct Watchdog: Sendable, Equatable {
    package struct Limits: Sendable, Equatable {
        /// The output clock may be silent for this long.
        package var tick: Int64
        /// The model may take this long for one frame.
        package var restyle: Int64
        package init(tick: Int64 = 5_000_000_000, restyle: Int64 = 120_000_000_000) {
            (self.tick, self.restyle) = (tick, restyle)
        }
    }

    package let limits: Limits
    private var lastTick: Int64
    private var lastAsked: Int64
    private var busySince: Int64?

    package init(now: Int64, limits: Limits = Limits()) {
        self.limits = limits
        (lastTick, lastAsked) = (now, now)
    }

    package mutating func ticked(at now: Int64) { lastTick = now }

    package mutating func restyleBegan(at now: Int64) { busySince = now }

    package mutating func restyleEnded() { busySince = nil }

    package mutating func verdict(at now: Int64, state: StreamState) -> Health {
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
