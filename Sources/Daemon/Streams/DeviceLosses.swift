import Graph

/// A device that is lost to this process ends it: only a new process can go on, which systemd starts.
struct DeviceLosses: Sendable {
    private let stream: AsyncStream<EngineError>
    private let continuation: AsyncStream<EngineError>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

    /// Other errors are the stream's own affair.
    func note(_ error: any Error) {
        if let error = error as? EngineError, error.code == .deviceLost { continuation.yield(error) }
    }

    /// Waits for the first.
    /// - Throws: the error, or `CancellationError`.
    func wait() async throws {
        for await error in stream { throw error }
        throw CancellationError()
    }
}
