/// How far reading has come, against what the header promised.
struct ReadingProgress: Sendable {
    /// What a header says about the end, in the container's own time.
    enum Promise: Sendable {
        case video(end: Rational)
        case anyStream(end: Rational)
    }

    /// Less than this is rounding, priming or a last frame's length, in seconds.
    static let tolerance = Rational(1, 2)

    let promised: Promise?
    private(set) var videoEnd: Rational?
    private(set) var anyEnd: Rational?
    private(set) var hasFrames = false

    init(promised: Promise?) { self.promised = promised }

    mutating func saw(_ packet: Packet, isVideo: Bool, offset: Rational) {
        guard let time = packet.time else { return }
        let end = time + packet.duration
        anyEnd = max(anyEnd ?? end, end)
        if isVideo { videoEnd = max(videoEnd ?? end, end) }
    }

    mutating func sawFrame() { hasFrames = true }

    /// "2.4 s", if more than a little is missing at the end.
    var missing: String? {
        let (promise, end): (Rational, Rational)
        switch promised {
        case .video(let promised): (promise, end) = (promised, videoEnd ?? .zero)
        case .anyStream(let promised): (promise, end) = (promised, anyEnd ?? .zero)
        case nil: return nil
        }
        let gap = promise - end
        return gap > Self.tolerance ? ReadingProgress.text(gap) : nil
    }

    var endText: String { ReadingProgress.text(videoEnd ?? anyEnd ?? .zero) }

    private static func text(_ time: Rational) -> String {
        let tenths = time.ticks(of: Rational(1, 10))
        return "\(tenths / 10).\(abs(tenths % 10)) s"
    }
}
