import NIOCore
import NIOHTTP1

/// Writes a server's answers to one connection.
final class HubHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: HubServer
    private let isStorage: Bool
    private var head: HTTPRequestHead?

    init(server: HubServer, isStorage: Bool) { (self.server, self.isStorage) = (server, isStorage) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            var answer = server.answer(head, isStorage: isStorage)
            answer.headers.replaceOrAdd(name: "Content-Length", value: "\(answer.body.count)")
            let response = HTTPResponseHead(version: head.version, status: answer.status, headers: answer.headers)
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            let body = answer.body.prefix(answer.cut ?? .max)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
            if body.count < answer.body.count {
                let context = NIOLoopBound(context, eventLoop: context.eventLoop)
                context.value.flush()
                // Long enough for what was sent to arrive before the connection ends.
                context.value.eventLoop.scheduleTask(in: .milliseconds(50)) { context.value.close(promise: nil) }
            } else {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
