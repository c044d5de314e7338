package import Basics

/// What a client can ask for.
package enum ControlMethod: String, Sendable, CaseIterable {
    /// Who answers: name, version, process, protocol, methods and limits.
    case hello
    case settingsGet = "settings.get"
    case settingsSet = "settings.set"
    case settingsDescribe = "settings.describe"
    case settingsObserve = "settings.observe"
    case status
    case stats
    case streamList = "stream.list"
    case streamStart = "stream.start"
    case streamStop = "stream.stop"
    case streamPause = "stream.pause"
    case streamResume = "stream.resume"
    case streamPassthrough = "stream.passthrough"
    case snapshot
    case scriptLoad = "script.load"

    /// The notification that `settings.observe` asks for.
    package static let settingsChanged = "settings.changed"

    /// The names of the parameters it takes besides the settings.
    var parameters: [String] {
        switch self {
        case .hello, .settingsDescribe, .streamList: []
        case .status, .stats: ["stream"]
        case .settingsGet, .streamStart, .streamStop, .streamPause, .streamResume: ["stream"]
        case .settingsSet: ["stream", "transition"]
        case .settingsObserve: ["stream", "enabled"]
        case .streamPassthrough: ["stream", "enabled"]
        case .snapshot: ["stream", "picture", "format"]
        case .scriptLoad: ["stream", "text"]
        }
    }
}

/// What a request is refused with: JSON-RPC's codes, and this daemon's own from −32001 on.
package struct ControlError: ErrorWithExitStatus, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Int64, Sendable, CaseIterable {
        /// The line is not JSON, or not as strict as it is taken here.
        case parseError = -32700
        /// JSON, but not a request.
        case invalidRequest = -32600
        case unknownMethod = -32601
        /// An unknown or missing field, a wrong type, a value out of range.
        case invalidParameters = -32602
        case unknownStream = -32001
        /// There is nothing to answer with yet; try again.
        case notReady = -32002
        /// More requests under way than one client may have.
        case tooManyRequests = -32003
        /// The line is longer than the limit; the connection ends.
        case lineTooLong = -32004
        /// The connection ends to make room for a newer client.
        case displaced = -32005
        case notPermitted = -32006
        /// It was tried and failed.
        case failed = -32007
    }

    package let code: Code
    /// What is wrong and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
    package var description: String { message }

    /// Of a client whose request is refused.
    package var exitStatus: ExitStatus {
        switch code {
        case .invalidParameters, .unknownStream, .parseError, .invalidRequest, .unknownMethod, .lineTooLong: .usage
        case .notReady, .tooManyRequests, .displaced: .temporary
        case .notPermitted: .permission
        case .failed: .internal
        }
    }
}

/// What a client may cost.
package struct ControlLimits: Sendable {
    /// The longest request, in bytes without its line end. Holds the longest prompt however it is escaped, and a
    /// timeline of some thousand entries.
    package var lineLength = 256 << 10
    /// Clients at a time. One more, and the one that has been silent longest has to go: forgotten clients never lock
    /// the owner out.
    package var clients = 256
    /// Requests a second of one client in the long run; faster ones are read more slowly.
    package var requestsPerSecond = 5000.0
    /// Requests that may come at once before that holds.
    package var burst = 1000.0
    /// Requests of one client that take their time (snapshot, start, stop) under way at once.
    package var slowRequests = 4
    /// Bytes that wait for a client to read them, beyond which none of its requests is read.
    package var waitingBytes = 256 << 10
    /// How long a client may leave answers unread before its connection ends.
    package var unreadTimeout = Duration.seconds(30)

    package init() {}
}
