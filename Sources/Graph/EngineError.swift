/// What goes wrong in an engine, told so that the user can act on it.
package struct EngineError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The engine's libraries are not on this machine, or too old.
        case notFound
        /// The engine refused the graph.
        case compileFailed
        case runFailed
        case outOfMemory
        /// The device is lost to this process; only a new process can go on.
        case deviceLost
    }
    package let code: Code
    /// What happened and what to do about it.
    package let message: String

    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
    package var description: String { message }
}
