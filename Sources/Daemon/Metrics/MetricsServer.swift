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
            await channel.closedOrShutDown()
        } catch {
            try? await group.shutdownGracefully()
            throw MetricsError(
                "metrics can't be served at \(host):\(port): \(error); give another address in metrics")
        }
        try await group.shutdownGracefully()
    }
}

/// Answers one request and ends the connection.
final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let metrics: @Sendable () -> DaemonMetrics
    private var request: HTTPRequestHead?

    init(metrics: @escaping @Sendable () -> DaemonMetrics) { self.metrics = metrics }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): request = head
        case .body: break
        case .end:
            guard let request else { return }
            self.request = nil
            answer(request, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = request.uri.prefix { $0 != "?" }
        guard request.method == .GET || request.method == .HEAD else {
            return respond(.methodNotAllowed, "only GET is taken here\n", to: request, context)
        }
        switch path {
        case "/metrics":
            respond(.ok, metrics().text, type: "text/plain; version=0.0.4; charset=utf-8", to: request, context)
        case "/healthz":
            let isHealthy = metrics().isHealthy
            respond(
                isHealthy ? .ok : .serviceUnavailable, isHealthy ? "ok\n" : "frames do not move\n", to: request, context
            )
        default: respond(.notFound, "here are /metrics and /healthz\n", to: request, context)
        }
    }

    private func respond(
        _ status: HTTPResponseStatus, _ text: String, type: String = "text/plain; charset=utf-8",
        to request: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        let body = ByteBuffer(string: text)
        var head = HTTPResponseHead(version: .http1_1, status: status)
        head.headers.add(name: "Content-Type", value: type)
        head.headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        head.headers.add(name: "Connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
}

/// Ends a connection ten seconds after it began: a scrape is over by then, and a client that dawdles holds nothing.
final class IdleConnectionTimeout: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private var timeout: Scheduled<Void>?

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        context.fireChannelInactive()
    }
}

/// The address for the metrics cannot be had.
package struct MetricsError: Error, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
