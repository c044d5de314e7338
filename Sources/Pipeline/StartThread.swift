internal import Foundation

/// Starts a thread of one's own, for work that blocks.
/// - Parameters:
///   - name: what `top -H` and debuggers show; its first 15 bytes.
///   - priority: the process's if not given.
///   - stackSize: bytes
package func startThread(
    _ name: String, _ priority: ThreadPriority? = nil, stackSize: Int = 4 << 20, _ body: @escaping @Sendable () -> Void
) {
    let thread = Thread {
        // From within: given from outside, before the thread runs, the name does not get to the kernel.
        Thread.current.name = String(name.prefix(15))
        priority?.apply()
        body()
    }
    thread.stackSize = stackSize
    thread.start()
}
