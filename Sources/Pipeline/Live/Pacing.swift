/// The steady beat of a live output: tick n is due at start + n / rate, computed from n in 128 bits each time, so that
/// it neither drifts nor overflows however long it runs.
///
/// All times are nanoseconds on the monotonic clock, signed. Who comes late gets the tick that is due now, with
/// the number of those that were missed: after a stall there is no burst.
struct OutputClock: Sendable, Equatable {
    struct Tick: Sendable, Equatable {
        /// Ticks since the clock began, missed ones included.
        let index: Int64
        /// When it was due, ns.
        let deadline: Int64
        /// How many ticks right before this one nobody was there for.
        let missed: Int64
    }

    /// Ticks a second as an exact fraction.
    let rateNumerator: Int64
    let rateDenominator: Int64
    /// The sum of all `missed`.
    private(set) var missed: Int64 = 0

    private let start: Int64
    private let startIndex: Int64
    private var next: Int64

    /// - Parameters:
    ///   - start: when tick `firstIndex` is due, ns on the monotonic clock.
    /// - Precondition: both parts of the rate are positive.
    init(rate numerator: Int64, per denominator: Int64 = 1, start: Int64, firstIndex: Int64 = 0) {
        precondition(numerator > 0 && denominator > 0, "a clock that never ticks")
        (rateNumerator, rateDenominator) = (numerator, denominator)
        (self.start, startIndex, next) = (start, firstIndex, firstIndex)
    }

    /// When tick `index` is due, ns.
    func deadline(of index: Int64) -> Int64 {
        let nanoseconds =
            Int128(index - startIndex) * Int128(rateDenominator) * 1_000_000_000 / Int128(rateNumerator)
        return Int64(clamping: Int128(start) + nanoseconds)
    }

    /// The last tick that is due at `now`; before the first one it is one below it.
    func index(at now: Int64) -> Int64 {
        let elapsed = Int128(now) - Int128(start)
        guard elapsed >= 0 else { return startIndex - 1 }
        // Deadlines are rounded down to whole nanoseconds, so the tick after the quotient may be due already.
        var index = Int64(clamping: elapsed * Int128(rateNumerator) / (Int128(rateDenominator) * 1_000_000_000))
        if deadline(of: startIndex + index + 1) <= now { index += 1 }
        return startIndex + index
    }

    var nextDeadline: Int64 { deadline(of: next) }

    /// The tick that is due at `now`, or `nil` if the next one is yet to come.
    mutating func tick(at now: Int64) -> Tick? {
        let due = index(at: now)
        guard due >= next else { return nil }
        let tick = Tick(index: due, deadline: deadline(of: due), missed: due - next)
        missed += tick.missed
        next = due + 1
        return tick
    }

    /// Ticks at another rate from the next deadline on: no tick comes early or twice, and indices go on counting.
    mutating func change(rate numerator: Int64, per denominator: Int64 = 1) {
        let total = missed
        self = OutputClock(rate: numerator, per: denominator, start: nextDeadline, firstIndex: next)
        missed = total
    }
}

/// Lets at most one frame into the model for each tick of the output clock: more would never be shown.
///
/// A frame that comes early waits for the next tick instead of being dropped, so a source at the output's own rate loses
/// nothing to jitter.
struct RateGate: Sendable, Equatable {
    private var lastStart: Int64?

    init() {}

    /// - Parameter tick: the last tick that was due (`OutputClock.index(at:)`).
    func isOpen(at tick: Int64) -> Bool { lastStart.map { tick > $0 } ?? true }

    /// A frame goes in during this tick.
    mutating func pass(at tick: Int64) { lastStart = tick }
}

/// One waiting element; the newest wins.
struct Mailbox<Element> {
    private(set) var waiting: Element?

    init() {}

    var isEmpty: Bool { waiting == nil }

    /// - Returns: the element that waited before, which nobody will see any more.
    mutating func put(_ element: consuming Element) -> Element? {
        let superseded = waiting
        waiting = consume element
        return superseded
    }

    mutating func take() -> Element? {
        let element = waiting
        waiting = nil
        return element
    }
}

extension Mailbox: Sendable where Element: Sendable {}

/// Sound passes the model by; it is delayed by as much as the restyled picture is late, so that both stay in sync.
///
/// The delay follows the picture's in steps, since every step is a small gap or overlap to the ear: it stays where it is
/// until the two are a noticeable distance apart (45 ms: ITU-R BT.1359 puts the threshold for sound ahead of the
/// picture there). Timestamps that come out always increase.
struct AudioDelay: Sendable, Equatable {
    /// What is added to a packet's time, ns.
    private(set) var delay: Int64 = 0
    /// Where the last packet of each stream went.
    private var last: [Int: Int64] = [:]

    static let threshold: Int64 = 45_000_000

    init() {}

    /// - Parameter pictureDelay: from a picture's capture to its tick, ns.
    mutating func follow(_ pictureDelay: Int64) {
        if abs(pictureDelay - delay) >= Self.threshold { delay = max(pictureDelay, 0) }
    }

    /// When a packet captured at `time` is to be heard, ns; `nil` if that place on the time line is taken, and the packet
    /// has to go.
    mutating func place(_ time: Int64, stream: Int = 0) -> Int64? {
        let placed = time + delay
        if let last = last[stream], placed <= last { return nil }
        last[stream] = placed
        return placed
    }
}
