/// A graph that cannot be built or bound: shapes that do not fit, names that do not exist.
public struct GraphError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        case shapeMismatch, unknownName, typeMismatch
        /// A kernel does not find room in what it is moved over.
        case tooSmall
    }
    public let code: Code
    public let message: String
    /// The node or binding the error was found at, in diffusers' names.
    public let location: String

    public init(_ code: Code, _ message: String, at location: String) {
        (self.code, self.message, self.location) = (code, message, location)
    }

    public var description: String { location.isEmpty ? message : "\(location): \(message)" }
}
