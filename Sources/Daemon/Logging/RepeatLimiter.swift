/// Lets one message of a kind through a second, and tells how many it held back: trouble that comes with every frame
/// must not fill the disk.
package struct RepeatLimiter: Sendable {
    /// Nanoseconds between two messages of a kind.
    package let interval: Int64
    private var kinds: [String: (last: Int64, heldBack: Int)] = [:]
    /// Kinds that are remembered; more of them, and the oldest is forgotten.
    private static let capacity = 256

    package init(interval: Duration = .seconds(1)) { self.interval = Int64(interval / .nanoseconds(1)) }

    /// - Parameter now: nanoseconds on a monotonic clock.
    /// - Returns: how many of this kind were held back since the last one, when this one may be told; else nil.
    package mutating func admit(_ kind: String, at now: Int64) -> Int? {
        if let known = kinds[kind], now - known.last < interval {
            kinds[kind] = (known.last, known.heldBack + 1)
            return nil
        }
        let heldBack = kinds[kind]?.heldBack ?? 0
        if kinds[kind] == nil, kinds.count >= RepeatLimiter.capacity,
            let oldest = kinds.min(by: { $0.value.last < $1.value.last })
        {
            kinds.removeValue(forKey: oldest.key)
        }
        kinds[kind] = (now, 0)
        return heldBack
    }
}
