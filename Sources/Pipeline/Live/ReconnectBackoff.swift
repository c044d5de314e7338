/// How long to wait before the next attempt at a source or an output that failed: 1 s five times, then 2, 4 and 5 s from
/// there on, so that what is well again works within 10 s. After a connection that held for a while it begins again with
/// 1 s; after one that breaks at once it does not.
struct ReconnectBackoff: Sendable, Equatable {
    /// How long a connection must have held, ns.
    let stableAfter: Int64
    /// Failures in a row.
    private(set) var failures = 0
    private var openedAt: Int64?

    private static let second: Int64 = 1_000_000_000
    private static let quickAttempts = 5
    private static let longest: Int64 = 5

    init(stableAfter: Int64 = 10_000_000_000) { self.stableAfter = stableAfter }

    mutating func opened(at now: Int64) { openedAt = now }

    /// The connection broke, or could not be made.
    /// - Returns: when to try again, ns.
    mutating func failed(at now: Int64) -> Int64 {
        if let openedAt, now - openedAt >= stableAfter { failures = 0 }
        openedAt = nil
        failures += 1
        return now + delay
    }

    private var delay: Int64 {
        guard failures > Self.quickAttempts else { return Self.second }
        let doublings = min(failures - Self.quickAttempts, 3)
        return min(1 << Int64(doublings), Self.longest) * Self.second
    }
}
