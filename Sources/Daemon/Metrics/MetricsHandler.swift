import NIOCore
import NIOHTTP1

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
