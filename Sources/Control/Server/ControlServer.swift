package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle
import Settings
import Synchronization

/// Answers JSON-RPC 2.0, one object a line, on a Unix socket.
package struct ControlServer: Service {
    private let listener: ControlListener
    private let handler: RequestHandler
    private let logger: Logger

    package init(
        _ listener: ControlListener, target: any ControlTarget, version: String,
        limits: ControlLimits = ControlLimits(),
        logger: Logger
    ) {
        self.listener = listener
        self.logger = logger
        handler = RequestHandler(target: target, limits: limits, version: version)
    }

    /// Serves until the task is cancelled or the service group shuts down, and then takes the socket away.
    package func run() async throws {
        // A thread of its own: a model at work must not delay an answer.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connections = ConnectionRegistry(limit: handler.limits.clients)
        let channel = try await ServerBootstrap(group: group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: handler.limits.waitingBytes / 2, high: handler.limits.waitingBytes)
            )
            .childChannelInitializer { [handler, logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ControlConnection(handler: handler, registry: connections, logger: logger))
                }
            }
            .withBoundSocket(listener.descriptor).get()
        logger.info("control socket ready", metadata: ["path": "\(listener.path)"])
        await channel.closedOrShutDown()
        listener.remove()
        try await group.shutdownGracefully()
    }
}

extension Channel {
    /// Returns once the channel is closed, which it is when the task is cancelled or the service group shuts down.
    package func closedOrShutDown() async {
        try? await withTaskCancellationOrGracefulShutdownHandler {
            try await closeFuture.get()
        } onCancelOrGracefulShutdown: {
            self.close(promise: nil)
        }
    }
}

/// Which clients are connected, and which of them has been silent longest.
final class ConnectionRegistry: Sendable {
    private struct Entry {
        var lastHeard: Int64
        let dismiss: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// A new client; when there are too many, the one that has been silent longest is dismissed.
    func add(at now: Int64, dismiss: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, displaced) = state.withLock { state -> (UInt64, Entry?) in
            var displaced: Entry?
            if state.entries.count >= limit,
                let oldest = state.entries.min(by: { $0.value.lastHeard < $1.value.lastHeard })
            {
                displaced = state.entries.removeValue(forKey: oldest.key)
            }
            let id = state.next
            state.next += 1
            state.entries[id] = Entry(lastHeard: now, dismiss: dismiss)
            return (id, displaced)
        }
        displaced?.dismiss()
        return id
    }

    func heard(_ id: UInt64, at now: Int64) { state.withLock { $0.entries[id]?.lastHeard = now } }

    func remove(_ id: UInt64) { _ = state.withLock { $0.entries.removeValue(forKey: id) } }
}
