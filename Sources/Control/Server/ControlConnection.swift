import Basics
import Glibc
import Logging
import NIOCore

/// One client. Lives on its event loop.
///
/// Requests are answered one after another; while the client does not read its answers, or asks too fast, none is read
/// from it, so all it can hold up is itself.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Until the kernel has told who it is.
        case checking
        case open(id: UInt64, ControlSession)
        case closed
    }

    private let handler: RequestHandler
    private let registry: ConnectionRegistry
    private let logger: Logger
    private var state = State.checking
    private var lines: LineBuffer
    private var bucket: TokenBucket
    /// The client sends nothing more (`printf … | socat - …`); what is under way is still answered.
    private var hasEnded = false
    /// A pause is running: for the rate, or for the others.
    private var isThrottled = false
    private var unreadDeadline: Scheduled<Void>?

    /// Requests answered before the others get their turn.
    private static let turn = 8

    init(handler: RequestHandler, registry: ConnectionRegistry, logger: Logger) {
        (self.handler, self.registry, self.logger) = (handler, registry, logger)
        lines = LineBuffer(limit: handler.limits.lineLength)
        bucket = TokenBucket(
            perSecond: handler.limits.requestsPerSecond, capacity: handler.limits.burst,
            now: MonotonicTime.now.nanoseconds)
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let options = context.channel as? any SocketOptionProvider else {
            context.close(promise: nil)
            return
        }
        let (this, bound) = bound(context)
        let credentials: EventLoopFuture<PeerCredentials> = options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: PeerCredentials.option))
        credentials.whenComplete { result in this.value.checked(result, bound.value) }
    }

    private func checked(_ result: Result<PeerCredentials, any Error>, _ context: ChannelHandlerContext) {
        guard case .checking = state else { return }
        guard case .success(let peer) = result, peer.mayControl() else {
            let uid = (try? result.get()).map { "\($0.uid)" } ?? "unknown"
            logger.warning("control client refused", metadata: ["uid": "\(uid)"])
            let error = ControlError(
                .notPermitted, "the daemon is another user's; only its owner and root may control it")
            return end(with: .error(id: .null, error), context)
        }
        let (this, bound) = bound(context)
        let loop = context.eventLoop
        let id = registry.add(at: MonotonicTime.now.nanoseconds) {
            loop.execute {
                let error = ControlError(
                    .displaced, "too many clients; this connection was silent longest and makes room for a new one")
                this.value.end(with: .error(id: .null, error), bound.value)
            }
        }
        state = .open(id: id, session(context))
        process(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .closed = state { return }
        lines.append(unwrapInboundIn(data))
        process(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            unreadDeadline?.cancel()
            unreadDeadline = nil
            if case .open(_, let session) = state { session.notify() }
            process(context)
        } else if unreadDeadline == nil {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            unreadDeadline = context.eventLoop.scheduleTask(
                in: .nanoseconds(Int64(handler.limits.readingPatience * 1e9))
            ) {
                bound.value.close(promise: nil)
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        hasEnded = true
        process(context)
    }

    func channelInactive(context: ChannelHandlerContext) { closed() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("control client lost", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    /// Both, to be used on the event loop by what runs elsewhere.
    private func bound(
        _ context: ChannelHandlerContext
    ) -> (NIOLoopBound<ControlConnection>, NIOLoopBound<ChannelHandlerContext>) {
        (NIOLoopBound(self, eventLoop: context.eventLoop), NIOLoopBound(context, eventLoop: context.eventLoop))
    }

    private func closed() {
        if case .open(let id, let session) = state {
            registry.remove(id)
            session.close()
        }
        state = .closed
        unreadDeadline?.cancel()
    }

    /// Answers whole lines as long as the client reads and keeps its rate.
    private func process(_ context: ChannelHandlerContext) {
        guard case .open(let id, let session) = state else { return }
        let now = MonotonicTime.now.nanoseconds
        var answered = 0
        loop: while context.channel.isWritable, !isThrottled {
            if let wait = bucket.delay(at: now) {
                pause(for: wait, context)
                break
            }
            switch lines.next() {
            case .incomplete: break loop
            case .tooLong:
                let error = ControlError(
                    .lineTooLong, "a line may have \(handler.limits.lineLength) bytes; this one has more")
                return end(with: .error(id: .null, error), context)
            case .line(let line):
                answered += 1
                if !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { session.receive(line) }
                guard case .open = state else { return }
                bucket.take()
                if answered == ControlConnection.turn { pause(for: 0, context) }
            }
        }
        if answered > 0 {
            registry.heard(id, at: now)
            context.flush()
        }
        if hasEnded, !isThrottled, session.isIdle, context.channel.isWritable {
            return context.close(promise: nil)
        }
        // Back-pressure on the client: the kernel's buffer fills, then it waits.
        let mayRead = context.channel.isWritable && !isThrottled
        context.channel.setOption(.autoRead, value: mayRead).whenFailure { _ in }
    }

    private func pause(for nanoseconds: Int64, _ context: ChannelHandlerContext) {
        isThrottled = true
        let (this, bound) = bound(context)
        context.eventLoop.scheduleTask(in: .nanoseconds(nanoseconds)) {
            this.value.isThrottled = false
            this.value.process(bound.value)
        }
    }

    private func session(_ context: ChannelHandlerContext) -> ControlSession {
        ControlSession(
            handler, on: context.eventLoop,
            ControlSession.Transport(
                write: { [self] in write($0, context) }, flush: { context.flush() },
                isWritable: { context.channel.isWritable }, answeredLate: { [self] in process(context) }))
    }

    private func write(_ response: ControlResponse, _ context: ChannelHandlerContext) {
        var bytes: [UInt8] = []
        response.json.write(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        context.write(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    /// A last word, and the connection ends, also when the client does not read it.
    private func end(with response: ControlResponse, _ context: ChannelHandlerContext) {
        if case .closed = state { return }
        closed()
        var bytes: [UInt8] = []
        response.json.write(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
        context.eventLoop.scheduleTask(in: .seconds(1)) { bound.value.close(promise: nil) }
    }
}
