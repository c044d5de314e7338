/// Text that is not JSON, or not the JSON that was called for.
package struct JSONError: Error, Sendable, CustomStringConvertible {
    package let message: String
    /// Offset from the start of the text.
    package let byte: Int

    package init(_ message: String, byte: Int) { (self.message, self.byte) = (message, byte) }
    package var description: String { "byte \(byte): \(message)" }
}
