package import Graph
package import Media
package import Settings

/// How a live stream is doing at one moment.
package struct StreamStatus: Sendable {
    package let state: StreamState
    package let health: Health
    package let counters: FrameCounters
    /// Frames between decoder and restyled picture at this moment, counted where they lie.
    package let held: Int64
    package let seats: [SeatStatus]
    package let outputs: [OutputStatus]
    /// Ticks of the output clock, and how many of them nobody was there for.
    package let ticks: Int64
    package let missedTicks: Int64
    /// From a frame's capture to the tick it was first shown at.
    package let latency: LatencyHistogram
    /// What the model takes for a frame.
    package let restyleTime: LatencyHistogram
    /// Restyled pictures in the last full second.
    package let restyledPerSecond: Double
    /// Connections to the source so far.
    package let connections: Int64
    package let source: SourceInfo?
    package let settings: SettingsSnapshot

    /// All counters agree with what is really there.
    package var countersAgree: Bool {
        counters.agree(holding: held) && outputs.allSatisfy { $0.counters.agree(holding: $0.held) }
    }
}

/// How one of a stream's devices is doing.
package struct SeatStatus: Sendable, Equatable {
    /// As the user names it.
    package let device: String
    /// Whether it takes frames.
    package let isUp: Bool
    package let restyled: Int64
    /// What the last frame took; nil before the first.
    package let lastDuration: Duration?
}

/// What a live stream reports, to be logged. What may fail with every frame is reported at most once a second, with
/// the number of failures.
package enum LiveEvent: Sendable, Equatable {
    case sourceOpened(String)
    case sourceLost(reason: String, retryIn: Duration)
    case outputOpened(String)
    case outputLost(String, reason: String, retryIn: Duration)
    case note(String)
    case framesFailed(String, count: Int64)
    /// One of several devices is lost to this process; the others go on.
    case seatLost(String, device: String, left: Int)
    /// The engine's only device is lost to this process.
    case deviceLost(EngineError)
    case stateChanged(StreamState)
}

/// Quantiles of a duration in fixed memory: 32 buckets an octave, so a quantile is within 1.6 % of the true one.
///
/// It follows the present: once 65,536 durations are in, all counts are halved, so what happened long ago fades.
package struct LatencyHistogram: Sendable, Equatable {
    private static let bits = 5
    private static let buckets = (64 - bits) << bits
    private static let halveAt: Int64 = 1 << 16

    private var counts = [Int64](repeating: 0, count: buckets)
    private var recent: Int64 = 0
    /// How many durations were ever recorded.
    package private(set) var count: Int64 = 0
    /// ns
    private(set) var longest: Int64 = 0
    private var sum: Int64 = 0

    package init() {}

    /// Of all that were ever recorded.
    package var total: Duration { .nanoseconds(sum) }

    /// - Parameter duration: ns; a negative one counts as 0.
    mutating func record(_ duration: Int64) {
        let duration = max(duration, 0)
        counts[Self.bucket(of: duration)] += 1
        count += 1
        recent += 1
        longest = max(longest, duration)
        sum &+= duration
        if recent >= Self.halveAt { fade() }
    }

    /// The duration that a share of `quantile` (0…1) does not exceed; `nil` before the first.
    package func quantile(_ quantile: Double) -> Duration? {
        guard recent > 0 else { return nil }
        let rank = max(1, Int64((quantile * Double(recent)).rounded(.up)))
        var seen: Int64 = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return .nanoseconds(Self.middle(of: bucket)) }
        }
        return .nanoseconds(longest)
    }

    private mutating func fade() {
        recent = 0
        for bucket in counts.indices where counts[bucket] > 0 {
            counts[bucket] = (counts[bucket] + 1) / 2
            recent += counts[bucket]
        }
    }

    private static func bucket(of duration: Int64) -> Int {
        let exponent = 63 - max(duration, 1).leadingZeroBitCount
        guard exponent > bits else { return Int(duration) }
        let shift = exponent - bits
        return (shift << bits) + Int(duration >> Int64(shift))
    }

    private static func middle(of bucket: Int) -> Int64 {
        let shift = bucket >> bits
        guard shift > 1 else { return Int64(bucket) }
        // Every octave after the second starts at 32 · 2^shift and has steps of 2^shift.
        let step = shift - 1
        let lowest = Int64(bucket - (step << bits)) << Int64(step)
        return lowest + (1 << Int64(step)) / 2
    }
}

/// Events a second, over the last few full seconds.
struct Throughput: Sendable, Equatable {
    private static let second: Int64 = 1_000_000_000
    private static let seconds = 5
    /// Counts by second, the oldest first; the last one is under way.
    private var counts = [Int64](repeating: 0, count: seconds + 1)
    private var current: Int64
    private let start: Int64

    /// - Parameter now: monotonic ns.
    init(now: Int64) { (current, start) = (now / Self.second, now / Self.second) }

    mutating func note(at now: Int64) {
        advance(to: now)
        counts[Self.seconds] += 1
    }

    mutating func perSecond(at now: Int64) -> Double {
        advance(to: now)
        let full = min(max(current - start, 1), Int64(Self.seconds))
        return Double(counts.dropLast().reduce(0, +)) / Double(full)
    }

    private mutating func advance(to now: Int64) {
        let steps = now / Self.second - current
        guard steps > 0 else { return }
        let shifted = Int(min(steps, Int64(Self.seconds + 1)))
        counts.removeFirst(shifted)
        counts += [Int64](repeating: 0, count: shifted)
        current += steps
    }
}

/// Counts what may happen with every frame, and lets through one report a second.
struct RateLimitedCount: Sendable, Equatable {
    private var unreported: Int64 = 0
    private var lastReport: Int64?

    /// - Returns: how many there were since the last report, if one is due at `now` (monotonic ns).
    mutating func note(at now: Int64) -> Int64? {
        unreported += 1
        if let lastReport, now - lastReport < 1_000_000_000 { return nil }
        lastReport = now
        defer { unreported = 0 }
        return unreported
    }
}
