package import Basics

/// What goes wrong between a file and its frames, in a sentence that says what to do about it.
package struct MediaError: ErrorWithExitStatus, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// An option, encoder or format that does not exist or does not go with the others.
        case badOption
        /// The output is the input.
        case outputIsInput
        /// The input is damaged, or not media at all.
        case invalidData
        /// The input ended before what its header promises.
        case truncated
        /// The input has no picture to restyle.
        case noVideo
        /// Sound input that is read in no way here: HDR, a constant-luminance matrix, an unlisted codec.
        case unsupported
        /// The input is not there.
        case notFound
        /// The output is there already.
        case exists
        /// The output cannot be made.
        case cannotCreate
        /// Reading or writing failed under way.
        case inputOutput
        case diskFull
        /// Nothing came or went for as long as was allowed.
        case timedOut
        case permission
        /// `cancel` was called.
        case cancelled
        /// A fault of this program's own.
        case `internal`
    }

    package let code: Code
    /// What happened and what to do about it.
    package let message: String
    /// The FFmpeg call that failed and FFmpeg's own words, if it was one.
    package let cause: String?
    /// The file, address or stream it happened at.
    package let location: String

    package init(_ code: Code, _ message: String, cause: String? = nil, at location: String = "") {
        (self.code, self.message, self.cause, self.location) = (code, message, cause, location)
    }

    package var description: String {
        (location.isEmpty ? "" : "\(location): ") + message + (cause.map { " (\($0))" } ?? "")
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .badOption, .outputIsInput: .usage
        case .invalidData, .truncated, .noVideo, .unsupported: .data
        case .notFound: .noInput
        case .internal: .internal
        case .exists, .cannotCreate: .cannotCreate
        case .inputOutput, .diskFull: .inputOutput
        case .timedOut: .temporary
        case .permission: .permission
        case .cancelled: .interrupted
        }
    }
}
