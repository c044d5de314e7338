internal import ServiceLifecycle

/// Starts the streams, and at the end stops them and finishes their files.
struct StreamsService: Service {
    let supervisor: StreamSupervisor

    func run() async throws {
        do {
            // A shutdown does not wait for a model to load.
            try await cancelWhenGracefulShutdown { try await supervisor.startAll() }
            try await gracefulShutdown()
        } catch is CancellationError {}
        await supervisor.stopAll()
    }
}
