import Foundation

/// Every count in full when RESTYLED_TEST_ALL is set, else a sample.
package let isFull = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"

/// Runs what waits on a thread of its own, and not on one of those that Swift's tasks share.
package func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}
