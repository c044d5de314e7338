import Synchronization

/// The connections that have not been answered yet, oldest first.
final class UnansweredConnections: Sendable {
    private struct State {
        var entries: [(id: UInt64, dismiss: @Sendable () -> Void)] = []
        var next: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// A new one; when there are too many, the oldest is dismissed.
    func add(dismiss: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, displaced) = state.withLock { state in
            state.next += 1
            let displaced = state.entries.count >= limit ? state.entries.removeFirst() : nil
            state.entries.append((state.next, dismiss))
            return (state.next, displaced)
        }
        displaced?.dismiss()
        return id
    }

    func remove(_ id: UInt64) { state.withLock { $0.entries.removeAll { $0.id == id } } }
}
