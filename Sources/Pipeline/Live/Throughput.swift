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
