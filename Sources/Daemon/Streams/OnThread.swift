internal import Foundation

/// Does work that blocks on a thread of its own: Swift's cooperative pool has as many threads as there are cores, and
/// must have them back.
func onThread<Result: Sendable>(
    _ name: String, _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Swift.Result(catching: work)) }
        // The kernel shows at most 15 bytes.
        thread.name = String(name.prefix(15))
        thread.stackSize = 8 << 20
        thread.start()
    }
}
