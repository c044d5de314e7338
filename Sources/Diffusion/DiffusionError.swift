/// A model that cannot be opened or built, told so that the user can act on it.
public struct DiffusionError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// A file or part the model needs is not there.
        case partMissing
        /// A config says what this program does not do, or contradicts itself.
        case unsupportedConfig
        /// A size or number of steps the model cannot work with.
        case badRequest
    }
    public let code: Code
    /// What is wrong and what to do about it.
    public let message: String
    /// The file and key, in diffusers' names: `unet/config.json: act_fn`.
    public let location: String

    public init(_ code: Code, _ message: String, at location: String) {
        (self.code, self.message, self.location) = (code, message, location)
    }

    public var description: String { location.isEmpty ? message : "\(location): \(message)" }
}
