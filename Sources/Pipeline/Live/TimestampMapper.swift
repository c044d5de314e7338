/// Puts a source's timestamps on this process's monotonic clock: they may start anywhere, jump, start again
/// with a new writer, run a little fast or slow, or be missing.
///
/// Times are ns. A timestamp is mapped by an offset that was right for the first one (its arrival), and that is
/// corrected by at most 1 ms a second as long as the source is within `tolerance` of its arrival; beyond that the
/// source has jumped, and a new offset is taken.
struct TimestampMapper: Sendable, Equatable {
    struct Mapped: Sendable, Equatable {
        /// When the source meant this to be, on the monotonic clock, ns.
        let time: Int64
        /// The source's time line broke right before this.
        let isDiscontinuity: Bool
    }

    /// How far a timestamp may be from its arrival, ns.
    let tolerance: Int64

    private static let driftWindow: Int64 = 10_000_000_000
    private static let driftStep: Int64 = 10_000_000

    private var offset: Int64?
    private var windowStart: Int64 = 0
    private var leastLateness = Int64.max

    init(tolerance: Int64 = 2_000_000_000) { self.tolerance = tolerance }

    /// - Parameters:
    ///   - timestamp: the source's, ns; `nil` where it gave none: the arrival stands in.
    ///   - arrival: now, ns on the monotonic clock.
    mutating func map(_ timestamp: Int64?, arrival: Int64) -> Mapped {
        guard let timestamp else { return Mapped(time: arrival, isDiscontinuity: false) }
        guard let offset else {
            anchor(timestamp, at: arrival)
            return Mapped(time: arrival, isDiscontinuity: false)
        }
        let (time, overflow) = timestamp.addingReportingOverflow(offset)
        guard !overflow, abs(Int128(time) - Int128(arrival)) <= Int128(tolerance) else {
            anchor(timestamp, at: arrival)
            return Mapped(time: arrival, isDiscontinuity: true)
        }
        follow(lateness: arrival - time, arrival: arrival)
        return Mapped(time: time, isDiscontinuity: false)
    }

    /// Where a timestamp lies by the present offset, which it does not change; `nil` before the first or if it is beyond
    /// all bounds.
    func place(_ timestamp: Int64) -> Int64? {
        guard let offset else { return nil }
        let (time, overflow) = timestamp.addingReportingOverflow(offset)
        return overflow ? nil : time
    }

    private mutating func anchor(_ timestamp: Int64, at arrival: Int64) {
        let (difference, overflow) = arrival.subtractingReportingOverflow(timestamp)
        offset = overflow ? nil : difference
        (windowStart, leastLateness) = (arrival, .max)
    }

    /// Nothing arrives before it happened, so the least lateness of a while is what the two clocks have drifted apart.
    private mutating func follow(lateness: Int64, arrival: Int64) {
        leastLateness = min(leastLateness, lateness)
        guard arrival - windowStart >= Self.driftWindow else { return }
        offset = offset.map { $0 + min(max(leastLateness, -Self.driftStep), Self.driftStep) }
        (windowStart, leastLateness) = (arrival, .max)
    }
}
