import CLinux
import Glibc

/// How soon a thread gets a core when it wakes, beside others that want one.
package struct ThreadPriority: Sendable {
    /// How readily it gives way to others.
    let niceness: Int32
    /// How long it runs at most before another's turn, ns. On kernels from 6.12 on, a thread that asks for a short time
    /// gets it early, and interrupts one that has asked for longer; older ones take no notice.
    let slice: UInt64?

    /// Gives way to the clock and the outputs.
    package static let model = ThreadPriority(niceness: 5, slice: nil)
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
