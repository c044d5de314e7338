import Graph
import ServiceLifecycle

/// Starts the streams, and at the end stops them and finishes their files.
struct StreamsService: Service {
    let supervisor: StreamSupervisor

    /// - Throws: why a stream can't be started at the beginning, or that the engine's device is lost.
    func run() async throws {
        do {
            // A shutdown does not wait for a model to load.
            try await cancelWhenGracefulShutdown {
                try await supervisor.startAll()
                try await supervisor.losses.wait()
            }
        } catch is CancellationError {
        } catch let error as EngineError where error.code == .deviceLost {
            await supervisor.stopAll()
            throw error
        }
        await supervisor.stopAll()
    }
}
