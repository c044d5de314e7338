import Control

/// A command that did not come through, with its exit status after sysexits.h.
package struct ControlFailure: Error, CustomStringConvertible {
    package let description: String
    package let exitStatus: Int32

    init(_ error: ControlError) {
        description = error.message
        exitStatus =
            switch error.code {
            case .invalidParameters, .unknownStream, .parseError, .invalidRequest, .unknownMethod, .lineTooLong: 64
            case .notReady, .tooManyRequests, .displaced: 75
            case .notPermitted: 77
            case .internalError, .failed: 70
            }
    }

    init(_ message: String, exitStatus: Int32) { (description, self.exitStatus) = (message, exitStatus) }
}
