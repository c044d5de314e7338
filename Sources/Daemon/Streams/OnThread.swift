internal import Foundation
internal import Glibc

/// Does work that blocks on a thread of its own: Swift's cooperative pool has as many threads as there are cores, and
/// must have them back.
/// - Parameter niceness: how readily it gives way to others, and with it the threads that it makes.
func onThread<Result: Sendable>(
    _ name: String, niceness: Int32 = 0, _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
            if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
            continuation.resume(with: Swift.Result(catching: work))
        }
        // The kernel shows at most 15 bytes.
        thread.name = String(name.prefix(15))
        thread.stackSize = 8 << 20
        thread.start()
    }
}
