import Basics

/// Tells a source whose bytes lead to nothing from one that is slow or silent.
///
/// A FIFO goes on without an end where one writer takes over from another, and so does an address when its sender
/// changes. The demuxer then looks through what comes, which is in another format or from the middle of one, for
/// something that never will. Only the time during which bytes come counts: a game that stands still in the middle of a
/// picture keeps its writer.
struct ArrivalClock: Sendable {
    /// How long bytes may lead to nothing, ns; nil is for ever.
    private let limit: Int64?
    private var spent: Int64 = 0
    private var last = MonotonicTime.now.nanoseconds

    /// A longer gap counts as one of this length, ns.
    private let longestGap: Int64

    /// - Parameters:
    ///   - limit: seconds; `nil` is for ever.
    ///   - longestGap: seconds; what a gap counts at most.
    init(limit: Double?, longestGap: Double = 0.1) {
        self.limit = limit.map { Int64($0 * 1e9) }
        self.longestGap = Int64(longestGap * 1e9)
    }

    /// What was waited for is there; the next thing has its time from here.
    mutating func restart() { (spent, last) = (0, MonotonicTime.now.nanoseconds) }

    mutating func bytesCame() {
        let now = MonotonicTime.now.nanoseconds
        spent += min(now - last, longestGap)
        last = now
    }

    var isOverdue: Bool { limit.map { spent >= $0 } ?? false }
}
