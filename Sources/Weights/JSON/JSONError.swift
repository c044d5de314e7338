/// Text that is not JSON, or not the JSON that was called for.
public struct JSONError: Error, Sendable, CustomStringConvertible {
    public let message: String
    /// Offset from the start of the text.
    public let byte: Int

    public init(_ message: String, byte: Int) { (self.message, self.byte) = (message, byte) }
    public var description: String { "byte \(byte): \(message)" }
}
