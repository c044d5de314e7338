/// Text that is not JSON as it is taken here.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String
    /// Where, in bytes from the beginning.
    package let offset: Int

    package var description: String { "\(message) (byte \(offset))" }
}
