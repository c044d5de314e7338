import ArgumentParser
import Basics

/// A command that can't be carried out: one sentence, and what the process ends with.
struct CommandFailure: ErrorWithExitStatus, CustomStringConvertible {
    let description: String
    let exitStatus: ExitStatus

    init(_ description: String, _ exitStatus: ExitStatus) {
        (self.description, self.exitStatus) = (description, exitStatus)
    }
}

/// An option that ArgumentParser takes and this program cannot.
struct UsageError: ErrorWithExitStatus, CustomStringConvertible {
    let description: String
    var exitStatus: ExitStatus { .usage }

    init(_ description: String) { self.description = description }
}

extension ExitCode {
    /// For a command that has said already why it ends.
    init(_ status: ExitStatus) { self.init(status.rawValue) }
}
