/// The right to use a model that several streams share, given in turns.
package final class ModelTurn: Sendable {
    private let queue = Monitor(TurnQueue<ObjectIdentifier>())

    package init() {}

    /// Waits for the turn of `member`, and keeps it while `body` runs.
    func during<Result>(_ member: AnyObject, _ body: () throws -> Result) rethrows -> Result {
        let identity = ObjectIdentifier(member)
        queue.wait { queue in queue.request(identity) ? .done(()) : .retry(at: nil) }
        defer { queue.withLockNotifying { _ = $0.release(identity) } }
        return try body()
    }
}

/// Who may use the shared model next: the stream that has waited longest. Every stream waits with one frame at most, so streams
/// that are all busy take turns.
struct TurnQueue<Member: Hashable & Sendable>: Sendable, Equatable {
    private(set) var holder: Member?
    private var waiting: [Member] = []

    init() {}

    /// - Returns: whether the member has the turn now; if not it is in the queue.
    mutating func request(_ member: Member) -> Bool {
        if holder == nil && waiting.isEmpty {
            holder = member
            return true
        }
        if holder != member && !waiting.contains(member) { waiting.append(member) }
        return holder == member
    }

    /// Gives the turn back.
    /// - Returns: whose turn it is now.
    mutating func release(_ member: Member) -> Member? {
        guard holder == member else { return holder }
        holder = waiting.isEmpty ? nil : waiting.removeFirst()
        return holder
    }
}
