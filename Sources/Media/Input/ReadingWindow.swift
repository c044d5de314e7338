/// Which part of an input is wanted, and what its time counts from.
struct ReadingWindow: Sendable {
    /// The container's time that becomes 0: its own start plus `-ss`.
    let zero: Rational
    private let hasStart: Bool
    /// Seconds from `zero`; `nil` is to the end.
    let duration: Rational?
    /// The video has come past the end.
    private(set) var isPastEnd = false
    private var ended: Set<Int> = []
    private var packetsSinceEnd = 0

    init(origin: Rational, start: Rational?, duration: Rational?) {
        zero = origin + (start ?? .zero)
        hasStart = (start ?? .zero) > .zero
        self.duration = duration
    }

    /// - Parameter time: seconds from `zero`.
    mutating func admitsFrame(at time: Rational, lasting: Rational) -> Bool {
        if let duration, time >= duration {
            isPastEnd = true
            return false
        }
        return !hasStart || time >= .zero
    }

    mutating func admits(_ packet: Packet) -> Bool {
        guard let time = packet.time else { return true }
        if let duration, time >= duration {
            ended.insert(packet.streamIndex)
            return false
        }
        return !hasStart || time + packet.duration > .zero
    }

    /// Whether the sound, which lies a little behind or ahead in the file, has come to the end as well. Subtitles are
    /// too sparse to wait for.
    mutating func othersArePastEnd(_ streams: [StreamTemplate]) -> Bool {
        packetsSinceEnd += 1
        return packetsSinceEnd > 2000 || streams.allSatisfy { $0.kind != .audio || ended.contains($0.index) }
    }
}
