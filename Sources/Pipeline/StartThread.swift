import CLinux
import Foundation

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
