internal import Foundation
internal import Glibc

/// A thread of one's own for work that blocks.
final class Worker: Sendable {
    private let isDone = Monitor(false)

    /// - Parameters:
    ///   - name: for debuggers.
    ///   - niceness: how readily it gives way to others; where a lower one than the process's is not permitted, it
    ///     keeps the process's.
    init(_ name: String, niceness: Int32? = nil, _ body: @escaping @Sendable () -> Void) {
        let isDone = isDone
        let thread = Thread {
            // On Linux this is the thread's own, and inherited by threads it makes.
            if let niceness { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
            body()
            isDone.update { $0 = true }
        }
        // Foundation hands it to the kernel, of which at most 15 bytes show in `top -H`.
        thread.name = String(name.prefix(15))
        thread.stackSize = 4 << 20
        thread.start()
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
