import Basics
import Glibc
import Logging
import NIOCore
import Settings

/// One client. Lives on its event loop.
///
/// Requests are answered one after another; while the client does not read its answers, or asks too fast, none is read
/// from it, so all it can hold up is itself.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Until the kernel has said who it is.
        case checking
        case open(id: UInt64)
        case closed
    }

    private let handler: RequestHandler
    private let registry: ConnectionRegistry
    private let logger: Logger
    private var state = State.checking
    private var lines: LineBuffer
    private var bucket: TokenBucket
    private var slowRequests = 0
    /// The client sends nothing more (`printf … | socat - …`); what is under way is still answered.
    private var hasEnded = false
    /// A pause is running: for the rate, or for the others.
    private var isThrottled = false
    private var unreadDeadline: Scheduled<Void>?
    /// What is observed, by stream, and the newest that the client has not been sent.
    private var observations: [String: Task<Void, Never>] = [:]
    private var untold: [String: VersionedSettings] = [:]

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
        state = .open(id: id)
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
            tell(context)
            process(context)
        } else if unreadDeadline == nil {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            unreadDeadline = context.eventLoop.scheduleTask(
                in: .nanoseconds(handler.limits.unreadTimeout.inNanoseconds)
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
        if case .open(let id) = state { registry.remove(id) }
        state = .closed
        unreadDeadline?.cancel()
        for task in observations.values { task.cancel() }
        observations = [:]
        untold = [:]
    }

    /// Answers whole lines as long as the client reads and keeps its rate.
    private func process(_ context: ChannelHandlerContext) {
        guard case .open(let id) = state else { return }
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
                if !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { answer(line, context) }
                guard case .open = state else { return }
                bucket.take()
                if answered == ControlConnection.turn { pause(for: 0, context) }
            }
        }
        if answered > 0 {
            registry.heard(id, at: now)
            context.flush()
        }
        if hasEnded, !isThrottled, slowRequests == 0, observations.isEmpty, context.channel.isWritable {
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

    private func answer(_ line: ByteBufferView, _ context: ChannelHandlerContext) {
        let request: ControlRequest
        switch ControlRequest.parse(line) {
        case .success(let parsed): request = parsed
        case .failure(let refusal): return write(.error(id: refusal.id, refusal.error), context)
        }
        do throws(ControlError) {
            switch try handler.answer(request) {
            case .now(let result): reply(to: request, .success(result), context)
            case .later(let work): try later(request, work, context)
            case .observe(let stream, let store, let enabled):
                reply(to: request, .success(RequestHandler.json(of: stream, store.target)), context)
                observations.removeValue(forKey: stream)?.cancel()
                untold.removeValue(forKey: stream)
                if enabled { observe(stream, store, context) }
            }
        } catch {
            reply(to: request, .failure(error), context)
        }
    }

    private func later(
        _ request: ControlRequest, _ work: @escaping @Sendable () async throws(ControlError) -> JSONValue,
        _ context: ChannelHandlerContext
    ) throws(ControlError) {
        guard slowRequests < handler.limits.slowRequests else {
            throw ControlError(
                .tooManyRequests, "\(slowRequests) requests are still under way; wait for one of their answers")
        }
        slowRequests += 1
        let (this, bound) = bound(context)
        let loop = context.eventLoop
        Task {
            let result: Result<JSONValue, ControlError>
            do throws(ControlError) { result = .success(try await work()) } catch { result = .failure(error) }
            loop.execute {
                this.value.slowRequests -= 1
                if case .closed = this.value.state { return }
                this.value.reply(to: request, result, bound.value)
                bound.value.flush()
                this.value.process(bound.value)
            }
        }
    }

    private func observe(_ stream: String, _ store: SettingsStore, _ context: ChannelHandlerContext) {
        let (this, bound) = bound(context)
        let loop = context.eventLoop
        let known = store.target.version
        observations[stream] = Task {
            for await settings in store.updates() where settings.version > known {
                // Waits for the loop, so that a flood of changes is not queued there but skipped in the stream.
                try? await loop.submit {
                    guard this.value.observations[stream] != nil else { return }
                    this.value.untold[stream] = settings
                    this.value.tell(bound.value)
                }.get()
            }
        }
    }

    /// Sends the newest of what is observed; a client that does not read gets it later, and only the newest then.
    private func tell(_ context: ChannelHandlerContext) {
        guard !untold.isEmpty, context.channel.isWritable else { return }
        for (stream, settings) in untold {
            let parameters = RequestHandler.json(of: stream, settings)
            write(.notification(method: ControlMethod.settingsChanged, parameters: parameters), context)
        }
        untold = [:]
        context.flush()
    }

    private func reply(
        to request: ControlRequest, _ result: Result<JSONValue, ControlError>, _ context: ChannelHandlerContext
    ) {
        guard let id = request.id else { return }
        switch result {
        case .success(let value): write(.result(id: id, value), context)
        case .failure(let error): write(.error(id: id, error), context)
        }
    }

    private func write(_ response: ControlResponse, _ context: ChannelHandlerContext) {
        var bytes: [UInt8] = []
        response.json.write(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        context.write(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    /// A last line, and the connection ends, also when the client does not read it.
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
