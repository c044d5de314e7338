/// Who may use the shared model next: whoever has waited longest. Every stream waits with one frame at most, so streams
/// that are all busy take turns.
package struct TurnQueue<Member: Hashable & Sendable>: Sendable, Equatable {
    package private(set) var holder: Member?
    private var waiting: [Member] = []

    package init() {}

    /// - Returns: whether the member has the turn now; if not it is in the queue.
    package mutating func request(_ member: Member) -> Bool {
        if holder == nil && waiting.isEmpty {
            holder = member
            return true
        }
        if holder != member && !waiting.contains(member) { waiting.append(member) }
        return holder == member
    }

    /// Gives the turn back.
    /// - Returns: whose turn it is now.
    package mutating func release(_ member: Member) -> Member? {
        guard holder == member else { return holder }
        holder = waiting.isEmpty ? nil : waiting.removeFirst()
        return holder
    }

    /// The member waits no longer.
    package mutating func withdraw(_ member: Member) { waiting.removeAll { $0 == member } }
}
