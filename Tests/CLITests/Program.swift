import Foundation
import MediaTools
import Synchronization

/// `restyled`, built along with the tests, at work.
///
/// `@unchecked Sendable`: `Process` is set up before anybody else sees it; what is called later may come from any
/// thread.
final class Program: @unchecked Sendable {
    /// What a run left behind.
    struct Outcome: Sendable {
        /// The exit status, or nil where a signal ended it.
        let status: Int32?
        let output: Data
        let errors: String
        /// Without the one line that tells of a success.
        var errorLines: [Substring] {
            errors.split(separator: "\n").filter { !$0.contains(/: \d+ frames? in \d+\.\d s[ ,]/) }
        }
        var summary: Substring? { errors.split(separator: "\n").last { $0.contains(/: \d+ frames? in \d+\.\d s[ ,]/) } }
        /// Of the last line of `--progress json`.
        var reportedFrames: Int { errors.matches(of: /"frames":(\d+)/).compactMap { Int($0.1) }.last ?? 0 }
    }

    static let url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("restyled")
    /// The program as it is installed, where Tests/run has done that; the optimiser changes how long objects live.
    static let release: URL? = {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/installed/bin/restyled")
        return FileManager.default.isExecutableFile(atPath: url.path) ? url : nil
    }()
    static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/models").path
    /// A model so small, at a size so small, that everything around it is what takes the time; and no engine to install.
    static let tinyModel = ["--model", models + "/lcm", "--engine", "reference", "--size", "16x16"]
    static let runsAll = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"

    private let process = Process()
    private let scratch: Scratch
    private let ended = DispatchSemaphore(value: 0)
    private let output = Mutex(Data())
    private let outputEnded = DispatchSemaphore(value: 0)
    /// The end of its standard input, to be written to.
    let input = Pipe()

    /// Starts it.
    /// - Parameters:
    ///   - program: the debug build by default.
    ///   - launcher: a program and arguments to start it through, such as `setpriv`.
    ///   - environment: on top of this process's own.
    init(
        _ arguments: [String], program: URL = url, through launcher: [String] = [], environment: [String: String] = [:]
    ) throws {
        scratch = try Scratch()
        var command = launcher + [program.path] + arguments
        // The test models have no styles of their own, so they want a prompt.
        if arguments.first == "run", arguments.contains(where: { $0.hasPrefix(Self.models) }),
            !arguments.contains("--prompt"), !arguments.contains("--script")
        {
            command += ["--prompt", "painting"]
        }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try Data().write(to: URL(fileURLWithPath: scratch("err")))
        process.standardInput = input
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch("err")))
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
        try input.fileHandleForReading.close()
        Thread { [self] in
            let data = pipe.fileHandleForReading.readDataToEndOfFile()
            output.withLock { $0 = data }
            outputEnded.signal()
        }.start()
    }

    /// Runs it from beginning to end.
    static func run(
        _ arguments: [String], through launcher: [String] = [], environment: [String: String] = [:],
        input: Data = Data()
    ) throws -> Outcome {
        let program = try Program(arguments, through: launcher, environment: environment)
        // It may end without reading everything.
        signal(SIGPIPE, SIG_IGN)
        try? program.input.fileHandleForWriting.write(contentsOf: input)
        try? program.input.fileHandleForWriting.close()
        return program.wait()
    }

    var isRunning: Bool { process.isRunning }
    func send(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits until it has computed nothing worth mentioning for a while: what it was given is dealt with.
    func becomesIdle() async throws {
        func ticks() -> Int {
            let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)) ?? ""
            // utime and stime: the 12th and 13th after the name, which may hold anything.
            let fields = (text.split(separator: ")").last ?? "").split(separator: " ")
            return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
        }
        var (before, idleRounds) = (ticks(), 0)
        while idleRounds < 3 {
            try await Task.sleep(for: .milliseconds(300))
            let now = ticks()
            idleRounds = now - before <= 1 ? idleRounds + 1 : 0
            before = now
        }
    }

    /// What it has said so far.
    var errors: String { (try? String(contentsOfFile: scratch("err"), encoding: .utf8)) ?? "" }

    func wait() -> Outcome {
        ended.wait()
        outputEnded.wait()
        return Outcome(
            status: process.terminationReason == .exit ? process.terminationStatus : nil,
            output: output.withLock { $0 }, errors: errors)
    }
}
