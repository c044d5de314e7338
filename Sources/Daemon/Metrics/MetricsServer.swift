package import Control
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// Serves `/metrics` (Prometheus' text format 0.0.4) and `/healthz` (200 while frames move, else 503) over HTTP.
package struct MetricsServer: Service {
    private let host: String
    private let port: Int
    private let metrics: @Sendable () -> DaemonMetrics
    private let bound: @Sendable (Int) -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - host: an address of this machine; loopback, unless the network is trusted.
    ///   - port: 0 takes a free one.
    ///   - bound: told the port that is listened on.
    package init(
        host: String = "127.0.0.1", port: Int, logger: Logger, bound: @escaping @Sendable (Int) -> Void = { _ in },
        metrics: @escaping @Sendable () -> DaemonMetrics
    ) {
        (self.host, self.port, self.logger, self.metrics, self.bound) = (host, port, logger, metrics, bound)
    }

    /// Metrics for a control target.
    package init(host: String = "127.0.0.1", port: Int, target: any ControlTarget, version: String, logger: Logger) {
        self.init(host: host, port: port, logger: logger) {
            DaemonMetrics(
                status: target.status(), streams: target.streamNames.compactMap { target.statistics(of: $0) },
                version: version)
        }
    }

    package func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { [metrics] channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.configureHTTPServerPipeline(
                            withPipeliningAssistance: true, withErrorHandling: true)
                        try pipeline.addHandler(IdleConnectionTimeout())
                        try pipeline.addHandler(MetricsHandler(metrics: metrics))
                    }
                }
                .bind(host: host, port: port).get()
            let port = channel.localAddress?.port ?? port
            logger.info("metrics ready", metadata: ["address": "http://\(host):\(port)/metrics"])
            bound(port)
            try? await withTaskCancellationOrGracefulShutdownHandler {
                try await channel.closeFuture.get()
            } onCancelOrGracefulShutdown: {
                channel.close(promise: nil)
            }
        } catch {
            try? await group.shutdownGracefully()
            throw MetricsError(
                "metrics can't be served at \(host):\(port): \(error); give another address in metrics")
        }
        try await group.shutdownGracefully()
    }
}
