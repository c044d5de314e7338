/// What a live stream is doing. Times are ns on the monotonic clock.
package enum StreamState: Sendable, Equatable {
    /// No picture has come from the source yet.
    case connecting(since: Int64)
    /// Frames come in and are restyled.
    case running(since: Int64)
    /// The source is gone; its last picture is repeated.
    case holding(since: Int64, reason: String)
    /// The source has been gone for long; a plain picture says so.
    case slate(since: Int64, reason: String)
    /// Told to pause: frames are dropped, the last picture is repeated.
    case paused(since: Int64)
    /// Told to show the source as it is.
    case passthrough(since: Int64)
    /// No new frames; what is under way is finished.
    case stopping(since: Int64)

    /// The name in `status` and the metrics.
    package var name: String {
        switch self {
        case .connecting: "connecting"
        case .running: "running"
        case .holding: "holding"
        case .slate: "slate"
        case .paused: "paused"
        case .passthrough: "passthrough"
        case .stopping: "stopping"
        }
    }

    package var since: Int64 {
        switch self {
        case .connecting(let since), .running(let since), .holding(let since, _), .slate(let since, _),
            .paused(let since), .passthrough(let since), .stopping(let since):
            since
        }
    }

    /// Why the source is not there.
    package var reason: String? {
        switch self {
        case .holding(_, let reason), .slate(_, let reason): reason
        case .connecting, .running, .paused, .passthrough, .stopping: nil
        }
    }
}
