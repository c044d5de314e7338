import CLinux
import Glibc
import Media

/// A capture program, its standard output a pipe to be read, it and its children in a process group of their own.
///
/// It is killed along with the thread that has started it, so that it never outlives a daemon that was killed: one
/// thread starts, reads and ends it.
///
/// `@unchecked Sendable`: nothing in it changes after it is made but `isReaped`, which its owner's thread alone touches.
final class CaptureProcess: @unchecked Sendable {
    /// The reading end of its standard output.
    let output: Int32
    private let process: pid_t
    private var isReaped = false

    /// - Parameter words: the program, looked up in PATH, and its arguments.
    convenience init(_ words: [String]) throws {
        guard let program = words.first else {
            throw MediaError(.badOption, "the capture command is empty; name a program")
        }
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var (process, output): (pid_t, Int32) = (0, -1)
        let code = startProgram(&arguments, &process, &output)
        guard code == 0 else {
            throw MediaError(
                code == ENOENT ? .notFound : .inputOutput,
                "the capture command can't be started: \(String(cString: strerror(code))); check `command`",
                at: program)
        }
        self.init(output: output, process: process)
    }

    private init(output: Int32, process: pid_t) { (self.output, self.process) = (output, process) }

    /// Ends the program and its children: SIGTERM, and SIGKILL for what is left after a second.
    func end() {
        guard !isReaped else { return }
        kill(-process, SIGTERM)
        let due = monotonicNow() + 1_000_000_000
        while monotonicNow() < due {
            if waitpid(process, nil, WNOHANG) != 0 {
                isReaped = true
                break
            }
            discardOutput(milliseconds: 10)
        }
        kill(-process, SIGKILL)
        if !isReaped { waitpid(process, nil, 0) }
        isReaped = true
        close(output)
    }

    /// A program that is stuck in writing can't end in good order.
    private func discardOutput(milliseconds: Int32) {
        var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) > 0, ready.revents & Int16(POLLIN) != 0 else {
            // At the end of the output poll returns at once.
            usleep(useconds_t(milliseconds) * 1000)
            return
        }
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { _ = read(output, $0.baseAddress, $0.count) }
    }

    deinit { end() }
}
