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
    /// The longest ever, ns.
    package private(set) var longest: Int64 = 0
    /// The sum of all, ns.
    package private(set) var sum: Int64 = 0

    package init() {}

    /// A duration in ns; a negative one counts as 0.
    package mutating func record(_ duration: Int64) {
        let duration = max(duration, 0)
        counts[Self.bucket(of: duration)] += 1
        count += 1
        recent += 1
        longest = max(longest, duration)
        sum &+= duration
        if recent >= Self.halveAt { fade() }
    }

    /// The duration that a share of `quantile` (0…1) does not exceed, ns; `nil` before the first.
    package func quantile(_ quantile: Double) -> Int64? {
        guard recent > 0 else { return nil }
        let rank = max(1, Int64((quantile * Double(recent)).rounded(.up)))
        var seen: Int64 = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return Self.middle(of: bucket) }
        }
        return longest
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
