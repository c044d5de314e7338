/// Joins the pieces of a time line that jumps: a broadcast that was cut, a clock of 33 bits that wrapped once more
/// than FFmpeg follows. One offset for all streams, so that they stay together.
struct DiscontinuityMender {
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
