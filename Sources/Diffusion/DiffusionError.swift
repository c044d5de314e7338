package import Basics

/// A model that cannot be opened or built, in a sentence that says what to do about it.
package struct DiffusionError: ErrorWithExitStatus, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// A file or part the model needs is not there.
        case partMissing
        /// A config says what this program does not do, or contradicts itself.
        case unsupportedConfig
        /// A size or number of steps the model cannot work with.
        case badRequest
    }
    package let code: Code
    /// What is wrong and what to do about it.
    package let message: String
    /// The file and key, in diffusers' names: `unet/config.json: act_fn`.
    package let location: String

    package init(_ code: Code, _ message: String, at location: String) {
        (self.code, self.message, self.location) = (code, message, location)
    }

    package var description: String { location.isEmpty ? message : "\(location): \(message)" }

    package var exitStatus: ExitStatus {
        switch code {
        case .partMissing: .noInput
        case .unsupportedConfig: .data
        case .badRequest: .usage
        }
    }
}
