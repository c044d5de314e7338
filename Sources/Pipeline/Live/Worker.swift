import Glibc

/// A thread of one's own for work that blocks, and whose end can be waited for.
final class Worker: Sendable {
    private let isDone = Monitor(false)

    /// - Parameters: as those of `startThread`
    init(_ name: String, _ priority: ThreadPriority? = nil, _ body: @escaping @Sendable () -> Void) {
        startThread(name, priority) { [isDone] in
            body()
            isDone.update { $0 = true }
        }
    }

    /// Waits for its end.
    /// - Returns: whether it has ended by `deadline` (monotonic ns).
    func join(until deadline: Int64) -> Bool {
        isDone.wait { isDone in
            if isDone { return .done(true) }
            return monotonicNow() >= deadline ? .done(false) : .retry(at: deadline)
        }
    }
}

/// Nanoseconds on the monotonic clock, signed.
func monotonicNow() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}
