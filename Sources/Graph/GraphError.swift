/// A graph that cannot be built or bound: shapes that do not fit, names that do not exist.
package struct GraphError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case shapeMismatch, unknownName, typeMismatch
        /// A kernel does not find room in what it is moved over.
        case tooSmall
    }
    package let code: Code
    package let message: String
    /// The node or binding the error was found at, in diffusers' names.
    package let location: String

    package init(_ code: Code, _ message: String, at location: String) {
        (self.code, self.message, self.location) = (code, message, location)
    }

    package var description: String { location.isEmpty ? message : "\(location): \(message)" }
}
