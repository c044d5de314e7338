/// Which part of an input is wanted, and what its time counts from.
struct ReadingWindow: Sendable {
    /// The container's time that becomes 0: its own start plus `-ss`.
    let zero: Rational
    /// Frames that are shown before it are passed over; nil takes those before `zero` as well, which some files have.
    private let from: Rational?
    /// Seconds from `zero`; `nil` is to the end.
    let duration: Rational?
    /// Where the frames end, if that is before `duration`.
    private let framesEnd: Rational?
    /// The video has come past the end.
    private(set) var isPastEnd = false
    private var ended: Set<Int> = []
    private var packetsSinceEnd = 0

    /// - Parameter span: which frames are wanted, in seconds from `zero`.
    init(origin: Rational, start: Rational?, duration: Rational?, span: FrameSpan? = nil) {
        zero = origin + (start ?? .zero)
        let start = (start ?? .zero) > .zero ? Rational.zero : nil
        from = span.map { max($0.from, start ?? $0.from) } ?? start
        self.duration = duration
        framesEnd = span?.to.map { min($0, duration ?? $0) } ?? duration
    }

    /// - Parameter time: seconds from `zero`.
    mutating func admitsFrame(at time: Rational, lasting: Rational) -> Bool {
        if let framesEnd, time >= framesEnd {
            isPastEnd = true
            return false
        }
        return from.map { time >= $0 } ?? true
    }

    mutating func admits(_ packet: Packet) -> Bool {
        guard let time = packet.time else { return true }
        if let duration, time >= duration {
            ended.insert(packet.streamIndex)
            return false
        }
        return from.map { time + packet.duration > $0 } ?? true
    }

    /// Whether the sound, which lies a little behind or ahead in the file, has come to the end as well. Subtitles are
    /// too sparse to wait for.
    mutating func othersArePastEnd(_ streams: [StreamTemplate]) -> Bool {
        packetsSinceEnd += 1
        return packetsSinceEnd > 2000 || streams.allSatisfy { $0.kind != .audio || ended.contains($0.index) }
    }
}

/// Some of an input's frames, by when they are shown, in seconds from the start of what is read.
package struct FrameSpan: Sendable, Hashable {
    package var from: Rational
    /// The first that does not belong to it; nil is to the end.
    package var to: Rational?

    package init(from: Rational, to: Rational?) { (self.from, self.to) = (from, to) }
}
