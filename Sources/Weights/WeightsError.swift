package import Basics

/// Model files that cannot be used, in a sentence that says what to do about it.
package struct WeightsError: ErrorWithExitStatus, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// A file or folder of the model is not there.
        case notFound
        /// It is there, but this user may not read it.
        case permission
        /// The disk or network under it failed, or it changed while it was in use.
        case unreadable
        /// Not what its format promises: damaged, cut short, or made to mislead.
        case malformed
        /// Well formed, but of a kind that is not read here: pickles, tensors of integers, LoHa.
        case unsupported
        /// The model needs a tensor that the file does not hold.
        case missingTensor
        /// The file holds tensors that the model has no place for.
        case leftOverTensor
        /// A tensor's shape or element type is not the one the configuration calls for.
        case mismatch
        /// A tensor holds an infinity or a NaN.
        case notFinite
        /// A value in a configuration file is missing, or of the wrong kind.
        case invalidConfiguration
    }

    /// Where in the model the fault was found; as much of it as is known.
    package struct Location: Sendable, Hashable {
        package var file: String?
        package var tensor: String?
        /// Offset from the start of `file`.
        package var byte: Int?

        package init(file: String? = nil, tensor: String? = nil, byte: Int? = nil) {
            (self.file, self.tensor, self.byte) = (file, tensor, byte)
        }
    }

    package let code: Code
    /// What happened and what to do about it.
    package let message: String
    package let location: Location

    package init(_ code: Code, _ message: String, at location: Location = Location()) {
        (self.code, self.message, self.location) = (code, message, location)
    }

    package init(_ code: Code, _ message: String, file: String? = nil, tensor: String? = nil, byte: Int? = nil) {
        self.init(code, message, at: Location(file: file, tensor: tensor, byte: byte))
    }

    package var description: String {
        var place: [String] = []
        if let file = location.file { place.append(file) }
        if let tensor = location.tensor { place.append("tensor '\(tensor)'") }
        if let byte = location.byte { place.append("byte \(byte)") }
        return place.isEmpty ? message : "\(place.joined(separator: ", ")): \(message)"
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .notFound: .noInput
        case .permission: .permission
        case .unreadable: .inputOutput
        case .malformed, .unsupported, .missingTensor, .leftOverTensor, .mismatch, .notFinite, .invalidConfiguration:
            .data
        }
    }
}
