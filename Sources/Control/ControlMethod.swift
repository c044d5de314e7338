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
        case .snapshot: ["stream", "picture"]
        case .scriptLoad: ["stream", "text"]
        }
    }
}
