/// Text that is not JSON as it is taken here.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String
    /// Where, in bytes from the beginning.
    public let offset: Int

    public var description: String { "\(message) (byte \(offset))" }
}
