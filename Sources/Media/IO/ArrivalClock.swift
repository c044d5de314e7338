import Basics

/// Tells a source whose bytes lead to nothing from one that is slow or silent.
///
/// A FIFO goes on without an end where one writer takes over from another, and so does an address when its sender
/// changes. The demuxer then looks through what comes, which is in another format or from the middle of one, for
/// something that never will. Only the time during which bytes come counts: a game that stands still in the middle of a
/// picture keeps its writer.
struct ArrivalClock: Sendable {
    /// How long bytes may lead to nothing; nil is for ever.
    private let limit: Duration?
    private var spent = Duration.zero
    private var last = MonotonicTime.now

    /// A longer gap counts as one of this length.
    private let longestGap: Duration

    init(limit: Duration?, longestGap: Duration = .milliseconds(100)) {
        (self.limit, self.longestGap) = (limit, longestGap)
    }

    /// What was waited for is there; the next thing has its time from here.
    mutating func restart() { (spent, last) = (.zero, .now) }

    mutating func bytesCame() {
        let now = MonotonicTime.now
        spent += min(now - last, longestGap)
        last = now
    }

    var isOverdue: Bool { limit.map { spent >= $0 } ?? false }
}
