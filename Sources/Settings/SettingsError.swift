/// A setting, a line of a configuration or of a timeline that cannot be taken, told as a sentence that names the key,
/// the value and what is allowed.
package struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unknownKey, missingKey, wrongType, outOfRange, malformed, unreadable, unwritable, notPermitted
    }

    package let code: Code
    /// What is wrong and what is allowed.
    package let message: String
    /// The file and line it was found at (`restyled.yaml:12`), empty for an option or a request.
    package let location: String

    package init(_ code: Code, _ message: String, at location: String = "") {
        (self.code, self.message, self.location) = (code, message, location)
    }

    package var description: String { location.isEmpty ? message : "\(location): \(message)" }

    func located(at location: String) -> SettingsError { SettingsError(code, message, at: location) }
}
