/// Makes the timestamps of decoded frames strictly increasing, whatever the input says, changing no more than it must.
struct TimestampMender {
    /// What a frame lasts when nothing tells, in ticks; at least 1.
    let nominalDuration: Int64
    private var last: (pts: Int64, duration: Int64)?

    init(nominalDuration: Int64) { self.nominalDuration = max(nominalDuration, 1) }

    /// - Parameters:
    ///   - pts: the decoder's best effort; `nil` if there is none.
    ///   - duration: the packet's; 0 or less if it is not known.
    mutating func mend(pts: Int64?, duration: Int64) -> (pts: Int64, duration: Int64) {
        let lasts = duration > 0 ? duration : nominalDuration
        var answer = pts ?? last.map { $0.pts &+ $0.duration } ?? 0
        // A repeated or backward stamp: the frame keeps its turn, and the time line its length.
        if let last, answer <= last.pts { answer = last.pts &+ 1 }
        last = (answer, lasts)
        return (answer, lasts)
    }
}
