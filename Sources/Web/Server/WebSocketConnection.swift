import Basics
import Control
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// One viewer: JSON-RPC as text, pictures as binary messages. Lives on its event loop.
///
/// The requests are the control socket's own, and besides them `preview.start`, `preview.stop` and `preview.seen`, which
/// says up to which picture the viewer has shown them.
final class WebSocketConnection: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    static let subprotocol = "restyled.1"

    private enum State {
        case open(ControlSession)
        case closed
    }

    private let site: WebSite
    private var state = State.closed
    private var viewer: UInt64?
    private var bucket: TokenBucket
    /// Came along with others, and wait for their turn.
    private var waiting: [ByteBuffer] = []
    private var isThrottled = false
    private var lastHeard = MonotonicTime.now
    private var pings: RepeatedTask?
    private var unreadDeadline: Scheduled<Void>?

    init(_ site: WebSite) {
        self.site = site
        let limits = site.handler.limits
        bucket = TokenBucket(
            perSecond: limits.requestsPerSecond, capacity: limits.burst, now: MonotonicTime.now.nanoseconds)
    }

    /// Turns requests for `/socket` into connections of this kind, where they may be.
    static func upgrader(_ site: WebSite) -> NIOWebSocketServerUpgrader {
        NIOWebSocketServerUpgrader(
            maxFrameSize: site.handler.limits.lineLength, automaticErrorHandling: true,
            shouldUpgrade: { channel, head in
                let isWelcome =
                    head.uri == "/socket" && head.method == .GET && site.access.refusal(of: head.headers) == nil
                    && site.hasRoomForViewer
                var headers = HTTPHeaders()
                let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
                if offered.contains(Substring(subprotocol)) {
                    headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol)
                }
                return channel.eventLoop.makeSucceededFuture(isWelcome ? headers : nil)
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: site.limits.fragments,
                            maxAccumulatedFrameSize: site.handler.limits.lineLength))
                    try pipeline.addHandler(WebSocketConnection(site))
                }
            })
    }

    func handlerAdded(context: ChannelHandlerContext) {
        site.viewerCame()
        state = .open(
            ControlSession(
                site.handler, on: context.eventLoop,
                ControlSession.Transport(
                    write: { [self] in write($0, context) }, flush: { context.flush() },
                    isWritable: { context.channel.isWritable })))
        let (this, bound) = bound(context)
        let interval = TimeAmount.nanoseconds(Int64(site.limits.pingInterval * 1e9))
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            this.value.ping(bound.value)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { closed() }

    func channelInactive(context: ChannelHandlerContext) {
        closed()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open = state else { return }
        let frame = unwrapInboundIn(data)
        lastHeard = .now
        switch frame.opcode {
        case .text:
            waiting.append(frame.unmaskedData)
            process(context)
        case .ping:
            write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData), context)
            context.flush()
        case .pong: break
        case .connectionClose: end(.normalClosure, context)
        case .binary: end(.unacceptableData, context)
        default: end(.protocolError, context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unreadDeadline?.cancel()
        unreadDeadline = nil
        if context.channel.isWritable {
            if case .open(let session) = state { session.notify() }
            process(context)
        } else {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            let patience = TimeAmount.nanoseconds(Int64(site.handler.limits.readingPatience * 1e9))
            unreadDeadline = context.eventLoop.scheduleTask(in: patience) { bound.value.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // Answered with its code by the handler before.
        case is NIOWebSocketError: closed()
        case let error as NIOWebSocketFrameAggregator.Error:
            switch error {
            case .accumulatedFrameSizeIsTooLarge, .tooManyFragments: end(.messageTooLarge, context)
            default: end(.protocolError, context)
            }
        default: context.close(promise: nil)
        }
    }

    private func bound(
        _ context: ChannelHandlerContext
    ) -> (NIOLoopBound<WebSocketConnection>, NIOLoopBound<ChannelHandlerContext>) {
        (NIOLoopBound(self, eventLoop: context.eventLoop), NIOLoopBound(context, eventLoop: context.eventLoop))
    }

    private func closed() {
        if case .open(let session) = state { session.close() }
        if case .closed = state { return }
        state = .closed
        stopPreview()
        site.viewerWent()
        pings?.cancel()
        unreadDeadline?.cancel()
        waiting = []
    }

    /// Asks whether the viewer is still there; one that has not been heard of since the last time but one is not.
    private func ping(_ context: ChannelHandlerContext) {
        guard case .open = state else { return }
        if (MonotonicTime.now - lastHeard).inSeconds > 2 * site.limits.pingInterval { return end(.goingAway, context) }
        write(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()), context)
        context.flush()
    }

    /// Answers what has come, as long as the viewer reads and keeps the rate.
    private func process(_ context: ChannelHandlerContext) {
        guard case .open(let session) = state else { return }
        while !waiting.isEmpty, context.channel.isWritable, !isThrottled {
            let now = MonotonicTime.now.nanoseconds
            if let wait = bucket.delay(at: now) {
                isThrottled = true
                let (this, bound) = bound(context)
                context.eventLoop.scheduleTask(in: .nanoseconds(wait)) {
                    this.value.isThrottled = false
                    this.value.process(bound.value)
                }
                break
            }
            bucket.take()
            answer(waiting.removeFirst(), session, context)
        }
        context.flush()
        // Back-pressure on the viewer: the kernel's buffer fills, then it waits.
        context.channel.setOption(.autoRead, value: waiting.isEmpty).whenFailure { _ in }
    }

    private func answer(_ message: ByteBuffer, _ session: ControlSession, _ context: ChannelHandlerContext) {
        guard case .success(let request) = ControlRequest.parse(message.readableBytesView),
            let method = PreviewMethod(rawValue: request.method)
        else { return session.receive(message.readableBytesView) }
        do throws(ControlError) {
            session.reply(to: request, .success(try answer(method, request.parameters, context)))
        } catch {
            session.reply(to: request, .failure(error))
        }
    }

    private enum PreviewMethod: String {
        case start = "preview.start"
        case stop = "preview.stop"
        case seen = "preview.seen"
    }

    private func answer(
        _ method: PreviewMethod, _ parameters: JSONValue, _ context: ChannelHandlerContext
    ) throws(ControlError) -> JSONValue {
        switch method {
        case .start:
            let request = try PreviewRequest(parameters, streams: site.target.streamNames)
            stopPreview()
            let (this, bound) = bound(context)
            let loop = context.eventLoop
            viewer = site.hub.add(request) { message in
                loop.execute { this.value.send(message, bound.value) }
            }
            return ["stream": .string(request.stream), "picture": .string(request.picture.rawValue)]
        case .stop:
            stopPreview()
            return [:]
        case .seen:
            guard let serial = parameters["serial"]?.integer else {
                throw ControlError(.invalidParameters, "serial is missing: that of the picture that was shown")
            }
            if let viewer { site.hub.seen(serial, by: viewer) }
            return [:]
        }
    }

    private func stopPreview() {
        if let viewer { site.hub.remove(viewer) }
        viewer = nil
    }

    private func send(_ message: PreviewMessage, _ context: ChannelHandlerContext) {
        guard case .open = state, viewer != nil else { return }
        write(WebSocketFrame(fin: true, opcode: .binary, data: message.bytes), context)
        context.flush()
    }

    private func write(_ response: ControlResponse, _ context: ChannelHandlerContext) {
        guard case .open = state else { return }
        var bytes: [UInt8] = []
        response.json.write(to: &bytes)
        write(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: bytes)), context)
    }

    private func write(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(frame), promise: nil)
    }

    /// A close frame with the reason's code, and the connection ends, also when the viewer does not read it.
    private func end(_ code: WebSocketErrorCode, _ context: ChannelHandlerContext) {
        guard case .open = state else { return }
        closed()
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)))
            .whenComplete { _ in bound.value.close(promise: nil) }
        context.eventLoop.scheduleTask(in: .seconds(1)) { bound.value.close(promise: nil) }
    }
}
