/// Why a model could not be downloaded, told so that the user can act on it.
public struct HubError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// No such model, revision or file on the hub.
        case notFound
        /// The hub asks for a token, or for its terms to be accepted.
        case notPermitted
        /// The hub, or the network on the way, does not answer; another try may do.
        case unreachable
        /// What came is not what the hub promised.
        case malformed
        /// The disk is full, or the cache may not be written to.
        case cannotWrite
        /// Another process is at the same file.
        case busy
    }
    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
    public var description: String { message }
}
