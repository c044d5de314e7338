package import Graph

/// What a live stream tells its surroundings, to be logged. Troubles that may come with every frame are told at most
/// once a second, with their number.
package enum LiveEvent: Sendable, Equatable {
    case sourceOpened(String)
    case sourceLost(reason: String, retryIn: Double)
    case outputOpened(String)
    case outputLost(String, reason: String, retryIn: Double)
    case note(String)
    case frameTrouble(String, count: Int64)
    /// The engine's device is lost to this process.
    case deviceLost(EngineError)
    case stateChanged(StreamState)
}
