package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Settings

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
        try? await withTaskCancellationOrGracefulShutdownHandler {
            try await channel.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            channel.close(promise: nil)
        }
        listener.remove()
        try await group.shutdownGracefully()
    }
}
