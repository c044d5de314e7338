import Basics
import Control
import Foundation
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Settings

/// One connection before it becomes a WebSocket: a request, its answer, and the end. Lives on its event loop.
final class WebConnection: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// The request has not come yet.
        case waiting(id: UInt64)
        /// It is being answered.
        case answering
        /// Pictures are sent to a player until it goes.
        case playing(MotionJPEG)
        case closed
    }

    private let site: WebSite
    private var state = State.closed
    private var deadline: Scheduled<Void>?

    init(_ site: WebSite) { self.site = site }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        state = .waiting(id: site.unanswered.add { channel.close(promise: nil) })
        let (this, bound) = bound(context)
        deadline = context.eventLoop.scheduleTask(in: .nanoseconds(Int64(site.limits.patience * 1e9))) {
            this.value.runOut(bound.value)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { closed() }

    func channelInactive(context: ChannelHandlerContext) {
        closed()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // No request here has a body, so it is answered when its head is there; what comes behind it is not read.
        guard case .head(let head) = unwrapInboundIn(data), case .waiting(let id) = state else { return }
        site.unanswered.remove(id)
        state = .answering
        answer(head, context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A refused upgrade comes here as an error and then as a request, which is answered.
        if error is NIOWebSocketUpgradeError { return }
        if case .waiting = state, error is HTTPParserError { return }
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .playing(let player) = state { player.writabilityChanged(context.channel) }
        context.fireChannelWritabilityChanged()
    }

    private func closed() {
        if case .waiting(let id) = state { site.unanswered.remove(id) }
        if case .playing(let player) = state { player.stop() }
        state = .closed
        deadline?.cancel()
    }

    private func bound(
        _ context: ChannelHandlerContext
    ) -> (NIOLoopBound<WebConnection>, NIOLoopBound<ChannelHandlerContext>) {
        (NIOLoopBound(self, eventLoop: context.eventLoop), NIOLoopBound(context, eventLoop: context.eventLoop))
    }

    /// A request that has not come whole in time, or an answer that is not read.
    private func runOut(_ context: ChannelHandlerContext) {
        guard case .waiting(let id) = state else { return context.close(promise: nil) }
        site.unanswered.remove(id)
        state = .answering
        respond(WebResponse(.requestTimeout, "the request did not come in time"), context)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(1)) { bound.value.close(promise: nil) }
    }

    // MARK: Answers

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if let refusal = site.access.refusalOfSender(head.headers) { return refuse(refusal, context) }
        guard head.method == .GET || head.method == .HEAD else {
            return respond(WebResponse(.methodNotAllowed, "only GET is taken here"), context)
        }
        let isHead = head.method == .HEAD
        guard let url = URLComponents(string: head.uri), url.path.hasPrefix("/") else {
            return respond(WebResponse(.badRequest, "this is not a path"), context, isHead: isHead)
        }
        let query = Dictionary(
            (url.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { first, _ in first })
        if url.path == "/", let token = query["token"] {
            guard site.access.isToken(token) else { return refuse(.noToken, context) }
            // Out of the address bar, the history and what is shared from them.
            var response = WebResponse(.seeOther, "")
            response.headers.add(name: "Location", value: "/")
            response.headers.add(name: "Set-Cookie", value: site.access.cookie)
            return respond(response, context, isHead: isHead)
        }
        guard site.access.refusal(of: head.headers) == nil else {
            // Players send their token when they are asked for it; a browser would open a window of its own.
            return refuse(.noToken, context, asks: url.path.hasSuffix(".mjpeg") || url.path.hasSuffix(".png"))
        }
        if let file = PageFile.all[url.path] {
            return respond(WebResponse(file, known: head.headers["If-None-Match"]), context, isHead: isHead)
        }
        switch url.path {
        case "/socket":
            respond(
                site.hasRoomForViewer
                    ? WebResponse(.upgradeRequired, "this is the page's WebSocket, version 13")
                    : WebResponse(.serviceUnavailable, "\(site.limits.viewers) viewers are here already"), context)
        case "/snapshot.png": snapshot(query, context, isHead: isHead)
        case "/stream.mjpeg": play(query, context, isHead: isHead)
        case "/favicon.ico": respond(WebResponse(.noContent, ""), context)
        default:
            respond(
                WebResponse(.notFound, "here are /, /snapshot.png and /stream.mjpeg"), context, isHead: isHead)
        }
    }

    private func refuse(_ refusal: WebAccess.Refusal, _ context: ChannelHandlerContext, asks: Bool = false) {
        var response = WebResponse(refusal.status, refusal.sentence)
        if asks { response.headers.add(name: "WWW-Authenticate", value: "Basic realm=\"restyled\"") }
        respond(response, context)
    }

    private func respond(_ response: WebResponse, _ context: ChannelHandlerContext, isHead: Bool = false) {
        if case .closed = state { return }
        context.write(wrapOutboundOut(.head(response.head)), promise: nil)
        if !isHead, response.body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }

    /// The stream that a query names, or the only one.
    private func stream(_ query: [String: String]) throws(ControlError) -> String {
        let names = site.target.streamNames
        guard let name = query["stream"] ?? (names.count == 1 ? names[0] : nil), names.contains(name) else {
            throw ControlError(.unknownStream, "name a stream with ?stream=; they are \(names.joined(separator: ", "))")
        }
        return name
    }

    private func snapshot(_ query: [String: String], _ context: ChannelHandlerContext, isHead: Bool) {
        let (this, bound) = bound(context)
        let (loop, target) = (context.eventLoop, site.target)
        let name: String
        do throws(ControlError) { name = try stream(query) } catch {
            return respond(WebResponse(.notFound, error.message), context)
        }
        let picture = SnapshotPicture(rawValue: query["picture"] ?? "restyled") ?? .restyled
        let settings = target.settings(of: name)?.target
        Task {
            var response: WebResponse
            do throws(ControlError) {
                let snapshot = try await target.snapshot(of: name, picture, as: .png)
                let texts =
                    settings.map { settings in
                        [
                            ("Software", "restyled"), ("prompt", settings.settings.prompt.description),
                            ("settings", settings.settings.json.text),
                        ]
                    } ?? []
                response = WebResponse(.ok, PNGText.adding(texts, to: snapshot.data), type: "image/png")
                response.headers.add(name: "Content-Disposition", value: "inline; filename=\"\(name).png\"")
            } catch {
                response = WebResponse(
                    error.code == .notReady ? .serviceUnavailable : .internalServerError, error.message)
            }
            loop.execute { [response] in this.value.respond(response, bound.value, isHead: isHead) }
        }
    }

    private func play(_ query: [String: String], _ context: ChannelHandlerContext, isHead: Bool) {
        let request: PreviewRequest
        do throws(ControlError) {
            request = try PreviewRequest(
                [
                    "stream": .string(try stream(query)), "picture": .string(query["picture"] ?? "restyled"),
                    "width": .integer(query["width"].flatMap { Int64($0) } ?? 1280),
                ], streams: site.target.streamNames)
        } catch {
            return respond(
                WebResponse(error.code == .unknownStream ? .notFound : .badRequest, error.message), context)
        }
        guard request.picture != .both else {
            return respond(WebResponse(.badRequest, "picture is restyled or source"), context)
        }
        guard site.hasRoomForViewer else {
            return respond(
                WebResponse(.serviceUnavailable, "\(site.limits.viewers) viewers are here already"), context)
        }
        var response = WebResponse(.ok, "", type: "multipart/x-mixed-replace; boundary=\(MotionJPEG.boundary)")
        response.headers.remove(name: "Content-Length")
        if isHead { return respond(response, context, isHead: true) }
        deadline?.cancel()
        context.writeAndFlush(wrapOutboundOut(.head(response.head)), promise: nil)
        let player = MotionJPEG(site, context.channel)
        state = .playing(player)
        player.start(request)
    }
}
