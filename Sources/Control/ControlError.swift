/// What a request is refused with: JSON-RPC's codes, and this daemon's own from −32001 on.
package struct ControlError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Int64, Sendable, CaseIterable {
        /// The line is no JSON, or not as strict as it is taken here.
        case parseError = -32700
        /// JSON, but no request.
        case invalidRequest = -32600
        case unknownMethod = -32601
        /// An unknown or missing field, a wrong type, a value out of range.
        case invalidParameters = -32602
        case internalError = -32603
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
}
