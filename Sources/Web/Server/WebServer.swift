package import Control
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import ServiceLifecycle
import Synchronization

/// Serves the page: its files and pictures over HTTP, and over a WebSocket the control socket's own JSON-RPC together with
/// the preview's pictures.
package struct WebServer: Service {
    /// Where it listens, and for whom.
    package struct Door: Sendable {
        package var host: String
        /// 0 takes a free one.
        package var port: Int
        /// Names besides the host's own that the page may be asked for by.
        package var otherNames: [String]
        package var token: WebToken

        package init(host: String, port: Int, otherNames: [String] = [], token: WebToken) {
            (self.host, self.port, self.otherNames, self.token) = (host, port, otherNames, token)
        }
    }

    private let door: Door
    private let handler: RequestHandler
    private let preview: any PreviewSource
    private let limits: WebLimits
    private let bound: @Sendable (String) -> Void
    private let logger: Logger

    /// - Parameter bound: called with the page's address, token and all, once it is served.
    package init(
        _ door: Door, handler: RequestHandler, preview: any PreviewSource, limits: WebLimits = WebLimits(),
        logger: Logger, bound: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.door, self.handler, self.preview, self.limits) = (door, handler, preview, limits)
        (self.logger, self.bound) = (logger, bound)
    }

    /// - Throws: `WebError` where the address can't be had.
    package func run() async throws {
        // A thread of its own: a model at work must not delay an answer, nor a viewer the control socket.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let channel = try await bootstrap(group).bind(host: door.host, port: door.port).get()
            let port = channel.localAddress?.port ?? door.port
            let address = "http://\(WebAccess.inHostHeader(door.host)):\(port)/?token=\(door.token.text)"
            logger.info("page ready", metadata: ["address": "\(address)"])
            bound(address)
            await channel.closedOrShutDown()
        } catch {
            try? await group.shutdownGracefully()
            throw WebError(
                "the page can't be served at \(WebAccess.inHostHeader(door.host)):\(door.port): \(error); "
                    + "give another address with --web, or in web")
        }
        try await group.shutdownGracefully()
    }

    private func bootstrap(_ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        let hub = PreviewHub(source: preview, logger: logger)
        // Its port is known once it is bound, so the site is made with the first connection.
        let site: @Sendable (Int) -> WebSite = { [door, handler, limits, logger] port in
            WebSite(
                access: WebAccess(host: door.host, port: port, otherNames: door.otherNames, token: door.token),
                handler: handler, hub: hub, limits: limits, logger: logger)
        }
        let shared = Once(site)
        return ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: limits.waitingBytes / 2, high: limits.waitingBytes)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let site = shared.value(channel.localAddress?.port ?? 0)
                    let connection = WebConnection(site)
                    let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false,
                        withServerUpgrade: (
                            upgraders: [WebSocketConnection.upgrader(site)],
                            completionHandler: { context in
                                context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                            }
                        ), withErrorHandling: true)
                    try pipeline.addHandler(connection)
                }
            }
    }

    /// Makes a site for the port that is listened on.
    private final class Once: Sendable {
        private let made: Mutex<WebSite?> = Mutex(nil)
        private let make: @Sendable (Int) -> WebSite

        init(_ make: @escaping @Sendable (Int) -> WebSite) { self.make = make }

        func value(_ port: Int) -> WebSite {
            made.withLock { made in
                let site = made ?? make(port)
                made = site
                return site
            }
        }
    }
}

/// The page's address can't be had.
package struct WebError: Error, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
