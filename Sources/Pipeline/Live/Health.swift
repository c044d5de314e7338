/// Whether a stream is well: its frames move, or it rightly has none.
package enum Health: Sendable, Equatable {
    case moving
    /// There is nothing to do, and why.
    case idle(String)
    /// There is something to do and it is not being done.
    case stuck(String)

    package var isHealthy: Bool {
        if case .stuck = self { false } else { true }
    }
}
