import Basics
import CLinux
import Foundation
import Glibc

/// A thread of one's own for work that blocks, and whose end can be waited for.
final class Worker: Sendable {
    private let isDone = Monitor(false)

    /// - Parameters: as those of `startThread`
    init(_ name: String, _ priority: ThreadPriority? = nil, _ body: @escaping @Sendable () -> Void) {
        startThread(name, priority) { [isDone] in
            body()
            isDone.withLockNotifying { $0 = true }
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
func monotonicNow() -> Int64 { MonotonicTime.now.nanoseconds }

/// Starts a thread of one's own, for work that blocks.
/// - Parameters:
///   - name: what `top -H` and debuggers show; its first 15 bytes.
///   - priority: the process's if not given.
///   - stackSize: bytes
package func startThread(
    _ name: String, _ priority: ThreadPriority? = nil, stackSize: Int = 4 << 20, _ body: @escaping @Sendable () -> Void
) {
    let thread = Thread {
        // Thread.name gets to the kernel only once its thread is known to Foundation, which may be after it runs.
        _ = setOwnName(name)
        priority?.apply()
        body()
    }
    thread.stackSize = stackSize
    thread.start()
}

/// Does work that blocks on a thread of its own: Swift's cooperative pool has as many threads as there are cores, and
/// must have them back.
package func onThread<Result: Sendable>(
    _ name: String, _ priority: ThreadPriority? = nil, _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        startThread(name, priority, stackSize: 8 << 20) {
            continuation.resume(with: Swift.Result(catching: work))
        }
    }
}

/// How soon a thread gets a core when it wakes, beside others that want one.
package struct ThreadPriority: Sendable {
    /// How readily it gives way to others.
    let niceness: Int32
    /// How long it runs at most before another's turn, ns. On kernels from 6.12 on, a thread that asks for a short time
    /// gets it early, and interrupts one that has asked for longer; older ones take no notice.
    let slice: UInt64?

    /// Gives way to the clock and the outputs.
    package static let model = ThreadPriority(niceness: 5, slice: nil)
    /// What is computed for later frames gives way to the frame that is computed now.
    static let settings = ThreadPriority(niceness: 15, slice: nil)
    static let clock = ThreadPriority(niceness: -10, slice: 100_000)
    static let output = ThreadPriority(niceness: -5, slice: 500_000)

    /// For the calling thread, and those that it makes from now on. What is not permitted stays as it is.
    func apply() {
        // On Linux a thread has a niceness of its own.
        let own = __priority_which_t(PRIO_PROCESS.rawValue)
        setpriority(own, 0, niceness)
        guard let slice else { return }
        var attributes = sched_attr()
        attributes.size = UInt32(MemoryLayout<sched_attr>.size)
        attributes.sched_policy = UInt32(SCHED_OTHER)
        attributes.sched_nice = getpriority(own, 0)
        attributes.sched_runtime = slice
        _ = setOwnScheduling(&attributes)
    }
}
