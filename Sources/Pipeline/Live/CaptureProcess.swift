import Glibc
import Media
import Synchronization

/// A capture program, its standard output a pipe to be read, it and its children in a process group of their own.
///
/// `@unchecked Sendable`: nothing in it changes after it is made but `isReaped`, which its owner's thread alone touches.
final class CaptureProcess: @unchecked Sendable {
    /// The reading end of its standard output.
    let output: Int32
    private let process: pid_t
    private var isReaped = false

    /// Two starts at once would each hand their pipes to the other's program, which would then never see their end.
    private static let starting = Mutex(())

    /// - Parameter words: the program, looked up in PATH, and its arguments.
    convenience init(_ words: [String]) throws {
        let (output, process) = try Self.starting.withLock { _ in try Self.start(words) }
        self.init(output: output, process: process)
    }

    private init(output: Int32, process: pid_t) { (self.output, self.process) = (output, process) }

    private static func start(_ words: [String]) throws -> (output: Int32, process: pid_t) {
        guard let program = words.first else {
            throw MediaError(.badOption, "the capture command is empty; name a program")
        }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw MediaError(.inputOutput, "no pipe for the capture: \(String(cString: strerror(errno)))", at: program)
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The daemon ignores these; a program that writes into a pipe relies on the first one.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGXFSZ] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, program, &actions, &attributes, &arguments, environ)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw MediaError(
                code == ENOENT ? .notFound : .inputOutput,
                "the capture command can't be started: \(String(cString: strerror(code))); check `command`",
                at: program)
        }
        return (ends[0], process)
    }

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
