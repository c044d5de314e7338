/// What the process ends with, for scripts and supervisors. The numbers are those of sysexits(3) where it has one.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case usage = 64
    case data = 65
    case noInput = 66
    case unavailable = 69
    case `internal` = 70
    case cannotCreate = 73
    case inputOutput = 74
    case temporary = 75
    case permission = 77
    case configuration = 78
    case interrupted = 130

    /// As `restyled --help` lists it.
    package var meaning: String {
        switch self {
        case .usage: "bad option, or the output is the input"
        case .data: "corrupt, truncated or video-less input, bad weights"
        case .noInput: "input or model missing"
        case .unavailable: "no engine"
        case .internal: "a fault of restyled's own"
        case .cannotCreate: "the output exists (-y overwrites it) or can't be made"
        case .inputOutput: "reading or writing failed, disk full"
        case .temporary: "try again"
        case .permission: "no permission"
        case .configuration: "bad configuration file"
        case .interrupted: "interrupted"
        }
    }

    /// Of an error that nothing handled.
    package init(_ error: any Error) {
        self = (error as? any ErrorWithExitStatus)?.exitStatus ?? .internal
    }
}

/// An error that says what the process ends with when nothing handles it.
package protocol ErrorWithExitStatus: Error {
    var exitStatus: ExitStatus { get }
}
