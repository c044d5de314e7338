/// Why a model could not be downloaded, told so that the user can act on it.
package struct HubError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
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
    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
    package var description: String { message }
}
