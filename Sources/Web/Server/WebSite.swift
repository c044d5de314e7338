import Control
import Logging
import Synchronization

/// What all connections share.
final class WebSite: Sendable {
    let access: WebAccess
    let handler: RequestHandler
    let hub: PreviewHub
    let limits: WebLimits
    let unanswered: UnansweredConnections
    let logger: Logger
    private let viewers = Mutex(0)

    init(access: WebAccess, handler: RequestHandler, hub: PreviewHub, limits: WebLimits, logger: Logger) {
        (self.access, self.handler, self.hub, self.limits, self.logger) = (access, handler, hub, limits, logger)
        unanswered = UnansweredConnections(limit: limits.unanswered)
    }

    var target: any ControlTarget { handler.target }

    var hasRoomForViewer: Bool { viewers.withLock { $0 < limits.viewers } }
    func viewerCame() { viewers.withLock { $0 += 1 } }
    func viewerWent() { viewers.withLock { $0 -= 1 } }
}
