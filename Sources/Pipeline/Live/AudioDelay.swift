/// Sound passes the model by; it is delayed by as much as the restyled picture is late, so that both stay in sync.
///
/// The delay follows the picture's in steps, since every step is a small gap or overlap to the ear: it stays where it is
/// until the two are a noticeable distance apart (45 ms: ITU-R BT.1359 puts the threshold for sound ahead of the
/// picture there). Timestamps that come out always increase.
package struct AudioDelay: Sendable, Equatable {
    /// What is added to a packet's time, ns.
    package private(set) var delay: Int64 = 0
    /// Where the last packet of each stream went.
    private var last: [Int: Int64] = [:]

    package static let threshold: Int64 = 45_000_000

    package init() {}

    /// - Parameter pictureDelay: from a picture's capture to its tick, ns.
    package mutating func follow(_ pictureDelay: Int64) {
        if abs(pictureDelay - delay) >= Self.threshold { delay = max(pictureDelay, 0) }
    }

    /// When a packet captured at `time` is to be heard, ns; `nil` if that place on the time line is taken, and the packet
    /// has to go.
    package mutating func place(_ time: Int64, stream: Int = 0) -> Int64? {
        let placed = time + delay
        if let last = last[stream], placed <= last { return nil }
        last[stream] = placed
        return placed
    }
}
