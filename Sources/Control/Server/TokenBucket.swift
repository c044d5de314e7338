/// A rate that may be exceeded for a moment: each request takes a token, tokens come back steadily.
struct TokenBucket: Sendable {
    let perSecond: Double
    let capacity: Double
    private var tokens: Double
    private var filled: Int64

    /// - Parameter now: nanoseconds on a monotonic clock.
    init(perSecond: Double, capacity: Double, now: Int64) {
        (self.perSecond, self.capacity, tokens, filled) = (perSecond, capacity, capacity, now)
    }

    /// Nil when there is a token, else the nanoseconds until there is.
    mutating func delay(at now: Int64) -> Int64? {
        tokens = min(capacity, tokens + Double(max(0, now - filled)) * 1e-9 * perSecond)
        filled = max(filled, now)
        return tokens >= 1 ? nil : Int64(((1 - tokens) / perSecond * 1e9).rounded(.up))
    }

    mutating func take() { tokens -= 1 }
}
