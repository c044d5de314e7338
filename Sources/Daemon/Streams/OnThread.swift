import Pipeline

/// Does work that blocks on a thread of its own: Swift's cooperative pool has as many threads as there are cores, and
/// must have them back.
func onThread<Result: Sendable>(
    _ name: String, _ priority: ThreadPriority? = nil, _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        startThread(name, priority, stackSize: 8 << 20) {
            continuation.resume(with: Swift.Result(catching: work))
        }
    }
}
