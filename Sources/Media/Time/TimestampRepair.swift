/// Makes the timestamps of decoded frames strictly increasing, whatever the input says, changing no more than it must.
struct TimestampRepair {
    /// What a frame lasts when nothing tells, in ticks; at least 1.
    let nominalDuration: Int64
    private var last: (pts: Int64, duration: Int64)?

    init(nominalDuration: Int64) { self.nominalDuration = max(nominalDuration, 1) }

    /// - Parameters:
    ///   - pts: the decoder's best effort; `nil` if there is none.
    ///   - duration: the packet's; 0 or less if it is not known.
    mutating func repair(pts: Int64?, duration: Int64) -> (pts: Int64, duration: Int64) {
        let lasts = duration > 0 ? duration : nominalDuration
        var answer = pts ?? last.map { $0.pts &+ $0.duration } ?? 0
        // A repeated or backward stamp: the frame keeps its turn, and the time line its length.
        if let last, answer <= last.pts { answer = last.pts &+ 1 }
        last = (answer, lasts)
        return (answer, lasts)
    }
}

/// Joins the pieces of a time line that jumps: a broadcast that was cut, a clock of 33 bits that wrapped once more
/// than FFmpeg follows. One offset for all streams, so that they stay together.
struct DiscontinuityCorrector {
    /// Seconds beyond which a step is a jump.
    static let threshold = Rational(10)

    /// Whether the container's time may jump ahead as well (MPEG-TS and the like). In others a long step forward is a
    /// picture that is shown long.
    let mayJumpAhead: Bool
    /// What to add to every timestamp from here on.
    private(set) var offset = Rational.zero
    private var next: [Int: Rational] = [:]

    init(mayJumpAhead: Bool) { self.mayJumpAhead = mayJumpAhead }

    /// - Parameters:
    ///   - time: the packet's dts as the container has it, in seconds.
    ///   - duration: the packet's, 0 if it is not known.
    /// - Returns: the offset for this packet.
    mutating func offset(forStream stream: Int, at time: Rational, duration: Rational) -> Rational {
        if let expected = next[stream] {
            let step = time + offset - expected
            if step < Rational(0) - Self.threshold || (mayJumpAhead && step > Self.threshold) {
                offset = offset - step
            }
        }
        next[stream] = time + offset + duration
        return offset
    }
}
