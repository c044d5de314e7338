/// The steady beat of a live output: tick n is due at start + n / rate, computed from n in 128 bits each time, so that
/// it neither drifts nor overflows however long it runs.
///
/// All times are nanoseconds on the monotonic clock, signed. Whoever comes late gets the tick that is due now and is
/// told how many were missed: after a stall there is no burst.
package struct OutputClock: Sendable, Equatable {
    package struct Tick: Sendable, Equatable {
        /// Ticks since the clock began, missed ones included.
        package let index: Int64
        /// When it was due, ns.
        package let deadline: Int64
        /// How many ticks right before this one nobody was there for.
        package let missed: Int64
    }

    /// Ticks a second as an exact fraction.
    package let rateNumerator: Int64
    package let rateDenominator: Int64
    /// The sum of all `missed`.
    package private(set) var missed: Int64 = 0

    private let start: Int64
    private let startIndex: Int64
    private var next: Int64

    /// - Parameters:
    ///   - start: when tick `firstIndex` is due, ns on the monotonic clock.
    /// - Precondition: both parts of the rate are positive.
    package init(rate numerator: Int64, per denominator: Int64 = 1, start: Int64, firstIndex: Int64 = 0) {
        precondition(numerator > 0 && denominator > 0, "a clock that never ticks")
        (rateNumerator, rateDenominator) = (numerator, denominator)
        (self.start, startIndex, next) = (start, firstIndex, firstIndex)
    }

    /// When tick `index` is due, ns.
    package func deadline(of index: Int64) -> Int64 {
        let nanoseconds =
            Int128(index - startIndex) * Int128(rateDenominator) * 1_000_000_000 / Int128(rateNumerator)
        return Int64(clamping: Int128(start) + nanoseconds)
    }

    /// The last tick that is due at `now`; before the first one it is one below it.
    package func index(at now: Int64) -> Int64 {
        let elapsed = Int128(now) - Int128(start)
        guard elapsed >= 0 else { return startIndex - 1 }
        // Deadlines are rounded down to whole nanoseconds, so the tick after the quotient may be due already.
        var index = Int64(clamping: elapsed * Int128(rateNumerator) / (Int128(rateDenominator) * 1_000_000_000))
        if deadline(of: startIndex + index + 1) <= now { index += 1 }
        return startIndex + index
    }

    package var nextIndex: Int64 { next }
    package var nextDeadline: Int64 { deadline(of: next) }

    /// The tick that is due at `now`, or `nil` if the next one is yet to come.
    package mutating func tick(at now: Int64) -> Tick? {
        let due = index(at: now)
        guard due >= next else { return nil }
        let tick = Tick(index: due, deadline: deadline(of: due), missed: due - next)
        missed += tick.missed
        next = due + 1
        return tick
    }

    /// Ticks at another rate from the next deadline on: no tick comes early or twice, and indices go on counting.
    package mutating func change(rate numerator: Int64, per denominator: Int64 = 1) {
        let total = missed
        self = OutputClock(rate: numerator, per: denominator, start: nextDeadline, firstIndex: next)
        missed = total
    }
}
