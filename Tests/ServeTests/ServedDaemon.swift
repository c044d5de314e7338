import Basics
import Control
import Foundation
import Glibc
import OrderedCollections
import Settings
import Testing

/// `restyled serve` as a user runs it, in a folder of its own.
final class ServedDaemon {
    let folder: Folder
    private let process = Process()
    /// Monotonic; of the process.
    let started: MonotonicTime
    private(set) var slowestStatus = Duration.zero

    /// The program that was built along with the tests.
    static let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("restyled")
    /// The program as it is installed, where Tests/run has done that; the optimiser changes how long objects live.
    static let release: URL? = {
        let url = URL(fileURLWithPath: "\(repository)/.build/installed/bin/restyled")
        return FileManager.default.isExecutableFile(atPath: url.path) ? url : nil
    }()
    /// A model with random weights, so small that the reference engine gives tens of frames a second.
    static let model = [
        "--model", "\(repository)/Tests/Fixtures/models/sd-kl", "--engine", "reference", "--size", "64x64",
    ]

    /// - Parameter folder: that of an earlier one, to go on with its state.
    init(
        in folder: Folder = Folder(), _ arguments: [String], program: URL = program,
        environment: [String: String] = [:], through launcher: [String] = []
    ) throws {
        self.folder = folder
        let words =
            launcher + [
                program.path, "serve", "--socket", folder.path("socket"), "--state-directory",
                folder.path("state"),
            ]
            + arguments
            // The test models have no styles of their own, so they want a prompt.
            + (arguments.contains("-i") && !arguments.contains("--prompt") && !arguments.contains("--config")
                ? ["--prompt", "painting"] : [])
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        _ = FileManager.default.createFile(atPath: folder.path("log"), contents: nil)
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("log")))
        started = .now
        try process.runUnblocked()
    }

    /// One stream from a configuration file.
    convenience init(
        in folder: Folder = Folder(), configuration: String, arguments: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        try configuration.write(toFile: folder.path("restyled.yaml"), atomically: true, encoding: .utf8)
        try self.init(in: folder, ["--config", folder.path("restyled.yaml")] + arguments, environment: environment)
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var pid: pid_t { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var log: String { (try? String(contentsOfFile: path("log"), encoding: .utf8)) ?? "" }
    func path(_ name: String) -> String { folder.path(name) }

    /// Whether an answer that has just come came within half a second of the start, not counting what the machine, as
    /// busy as it is, takes to start the program at all.
    func answersInTime() throws -> Bool {
        let taken = MonotonicTime.now - started
        if taken < .milliseconds(500) { return true }
        let (bare, before) = (Process(), MonotonicTime.now)
        bare.executableURL = Self.program
        bare.arguments = ["--version"]
        bare.standardOutput = FileHandle.nullDevice
        try bare.run()
        bare.waitUntilExit()
        return taken - (MonotonicTime.now - before) < .milliseconds(500)
    }

    // MARK: Control

    /// A call over a connection of its own; waits for the daemon to listen.
    @discardableResult
    func call(_ method: ControlMethod, _ parameters: JSONValue = [:]) throws -> JSONValue {
        let due = MonotonicTime.now + .seconds(10)
        while true {
            do {
                var client = try ControlClient(path: path("socket"))
                return try client.call(method, parameters)
            } catch let error where error.code == .notReady && MonotonicTime.now < due && process.isRunning {
                usleep(2_000)
            } catch { throw error }
        }
    }

    /// The status, which must come within 100 ms whatever goes on.
    func status() throws -> JSONValue {
        let before = MonotonicTime.now
        let status = try call(.status)
        slowestStatus = max(slowestStatus, MonotonicTime.now - before)
        return status
    }

    /// A stream's statistics, whose books must be right.
    func statistics(_ stream: String = "main") throws -> JSONValue {
        let answer = try call(.stats, ["stream": .string(stream)])
        let statistics = try #require(answer["streams"]?.array?.first)
        try Self.requireExact(statistics)
        return statistics
    }

    static func requireExact(_ statistics: JSONValue) throws {
        let dropped = { (books: JSONValue) in
            (books["dropped"]?.object ?? [:]).values.reduce(0) { $0 + ($1.integer ?? -1 << 40) }
        }
        let frames = statistics.count("restyled") + dropped(statistics) + statistics.count("in_flight")
        try #require(statistics.count("decoded") == frames, "\(statistics.text)")
        for output in statistics["outputs"]?.array ?? [] {
            let pictures =
                output.count("written") + output.count("repeated") + dropped(output) + output.count("queued")
            try #require(output.count("offered") == pictures, "\(output.text)")
        }
    }

    /// Looks every 20 ms, and asks for the status meanwhile, until it is as wanted.
    @discardableResult
    func wait(_ seconds: Int, stream: String = "main", for isReached: (JSONValue) -> Bool) throws -> JSONValue {
        let due = MonotonicTime.now + .seconds(seconds)
        while true {
            let statistics = try statistics(stream)
            if isReached(statistics) { return statistics }
            _ = try status()
            try #require(MonotonicTime.now < due, "after \(seconds) s: \(statistics.text)\n\(log)")
            usleep(20_000)
        }
    }

    /// The state of a stream, as `status` has it.
    func state(_ stream: String = "main") throws -> String {
        let all = try status()["streams"]?.array ?? []
        return all.first { $0["name"]?.string == stream }?["state"]?.string ?? "none"
    }

    func wait(_ seconds: Int, forState wanted: String, of stream: String = "main") throws {
        let due = MonotonicTime.now + .seconds(seconds)
        while try state(stream) != wanted {
            let now = try status()
            try #require(MonotonicTime.now < due, "\(wanted) is not reached: \(now.text)\n\(log)")
            usleep(20_000)
        }
    }

    // MARK: Its end

    struct End {
        let status: Int32
        let seconds: Double
        /// The last word of every stream.
        let statistics: [String: JSONValue]
    }

    @discardableResult
    func end(_ signals: Int32...) throws -> End {
        let before = MonotonicTime.now
        for signal in signals { kill(pid, signal) }
        return try ended(since: before)
    }

    /// Waits for its end, ten seconds at most.
    func ended(since before: MonotonicTime? = nil) throws -> End {
        let before = before ?? started
        while process.isRunning {
            try #require(MonotonicTime.now - before < .seconds(10), "it does not end:\n\(log)")
            usleep(5_000)
        }
        process.waitUntilExit()
        let seconds = (MonotonicTime.now - before).inSeconds
        var last: [String: JSONValue] = [:]
        for line in log.split(separator: "\n") {
            guard let match = line.firstMatch(of: /info ended stats="(.*)" stream=/) else { continue }
            let statistics = try JSONValue(parsing: String(match.1).replacingOccurrences(of: "\\\"", with: "\""))
            try Self.requireExact(statistics)
            #expect(statistics.count("in_flight") == 0)
            for output in statistics["outputs"]?.array ?? [] { #expect(output.count("queued") == 0) }
            last[statistics["stream"]?.string ?? ""] = statistics
        }
        return End(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            seconds: seconds, statistics: last)
    }
}

extension JSONValue {
    /// A count that is missing is none that could be right, nor part of a sum that is.
    func count(_ key: String) -> Int64 { self[key]?.integer ?? -1 << 40 }

    func output(_ name: String) -> JSONValue { self["outputs"]?.array?.first { $0["name"]?.string == name } ?? .null }
}

/// The repository's root.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
