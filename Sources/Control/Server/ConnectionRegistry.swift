import Synchronization

/// Which clients are connected, and which of them has been silent longest.
final class ConnectionRegistry: Sendable {
    private struct Entry {
        var lastHeard: Int64
        let dismiss: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// A new client; when there are too many, the one that has been silent longest is dismissed.
    func add(at now: Int64, dismiss: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, displaced) = state.withLock { state -> (UInt64, Entry?) in
            var displaced: Entry?
            if state.entries.count >= limit,
                let oldest = state.entries.min(by: { $0.value.lastHeard < $1.value.lastHeard })
            {
                displaced = state.entries.removeValue(forKey: oldest.key)
            }
            let id = state.next
            state.next += 1
            state.entries[id] = Entry(lastHeard: now, dismiss: dismiss)
            return (id, displaced)
        }
        displaced?.dismiss()
        return id
    }

    func heard(_ id: UInt64, at now: Int64) { state.withLock { $0.entries[id]?.lastHeard = now } }

    func remove(_ id: UInt64) { _ = state.withLock { $0.entries.removeValue(forKey: id) } }
}
