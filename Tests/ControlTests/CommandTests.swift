import Basics
import Control
import Foundation
import Settings
import Synchronization
import Testing

/// `restyled ctl` as a user runs it.
@Suite struct CommandTests {
    /// The program that was built along with the tests.
    private static let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("restyled")

    private struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    private static func ctl(_ path: String, _ arguments: String..., input: String = "") throws -> Outcome {
        let process = Process()
        let (source, output, errors) = (Pipe(), Pipe(), Pipe())
        process.executableURL = program
        process.arguments = ["ctl"] + arguments + ["--socket", path]
        (process.standardInput, process.standardOutput, process.standardError) = (source, output, errors)
        try process.run()
        source.fileHandleForWriting.write(Data(input.utf8))
        try source.fileHandleForWriting.close()
        let text = { (pipe: Pipe) in String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
        let outcome = (text(output), text(errors))
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: outcome.0, errors: outcome.1)
    }

    @Test func setGetAndTheRest() async throws {
        let target = FakeTarget()
        try await withServer(target) { path in
            let set = try Self.ctl(path, "set", "strength=0.6", "prompt=neon city", "--transition", "2s")
            #expect(set.status == 0 && set.errors.isEmpty, "\(set.errors)")
            #expect(set.output.hasPrefix("# main, version 2\nprompt=neon city\nstrength=0.6\n"))
            #expect(target.stores["main"]?.snapshot().isInTransition == true)
            #expect(try Self.ctl(path, "get", "strength").output == "0.6\n")
            let json = try JSONValue(parsing: try Self.ctl(path, "get", "--json").output)
            #expect(json["strength"] == 0.6 && json["version"] == 2)
            let status = try Self.ctl(path, "status").output
            #expect(status == "running for 5 s\n  main: running, 30.0 restyled frames/s\n", "\(status)")
            // Zeros are for scripts.
            let stats = try Self.ctl(path, "stats").output
            #expect(stats.contains("10 decoded, 7 restyled, 1 in flight") && stats.contains("2 late"), "\(stats)")
            #expect(!stats.contains(" 0 "), "\(stats)")
            #expect(try Self.ctl(path, "stats", "--json").output.contains(#""dropped":{"late":2,"rate":0}"#))
            #expect(try Self.ctl(path, "describe").output.contains("a number from 0 to 1 (default: 0.5)."))
            #expect(try Self.ctl(path, "stream", "list").output == "main  running  30.0 restyled frames/s\n")
            #expect(try Self.ctl(path, "pause").output.contains("paused=true\n"))
            #expect(try Self.ctl(path, "resume").output.contains("paused=false\n"))
            #expect(try Self.ctl(path, "stream", "pause").output.contains("paused=true\n"))
            #expect(try Self.ctl(path, "stream", "resume").output.contains("paused=false\n"))
            let script = try Self.ctl(path, "script", "-", input: "- at: 00:10\n  prompt: snow\n")
            #expect(script.output == "stream: main\nentries: 1\n")
            let file = "/tmp/restyled-\(UUID().uuidString).png"
            defer { try? FileManager.default.removeItem(atPath: file) }
            #expect(try Self.ctl(path, "snapshot", file).status == 0)
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data([0x89, 0x50, 0x4E, 0x47]))
            let photo = file + ".jpg"
            defer { try? FileManager.default.removeItem(atPath: photo) }
            #expect(try Self.ctl(path, "snapshot", photo).status == 0)
            #expect(try Data(contentsOf: URL(fileURLWithPath: photo)) == Data([0xFF, 0xD8]))
        }
    }

    @Test func failuresAreSentencesWithTheRightStatus() async throws {
        try await withServer { path in
            let cases: [(Outcome, Int32, String)] = [
                (try Self.ctl(path, "set", "strength=7"), 64, "strength is 7; allowed is a number from 0 to 1"),
                (try Self.ctl(path, "set", "strenght=1"), 64, "did you mean \"strength\"?"),
                (try Self.ctl(path, "get", "--stream", "x"), 64, "there is no stream \"x\"; the streams are main"),
                (try Self.ctl(path, "snapshot", "-", "--source"), 75, "no frame has come yet"),
                (try Self.ctl(path, "snapshot", "/nonexistent/x.png"), 73, "/nonexistent/x.png can't be written"),
                (try Self.ctl(path, "script", "-", input: "- at: x"), 65, "at is x; allowed is a time"),
                (try Self.ctl("/tmp/not-there.sock", "status"), 75, "no daemon listens at /tmp/not-there.sock"),
            ]
            for (outcome, status, sentence) in cases {
                #expect(outcome.status == status, "\(outcome.errors)")
                #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
                #expect(outcome.output.isEmpty)
            }
        }
    }

    /// The way of scripts that have no restyled at hand.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/socat"), "socat is missing"))
    func socat() async throws {
        try await withServer { path in
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = [
                "-c",
                #"echo '{"jsonrpc":"2.0","id":1,"method":"settings.set","params":{"strength":0.25}}' | socat -t 10 - UNIX-CONNECT:"$0""#,
                path,
            ]
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(try JSONValue(parsing: text)["result"]?["strength"] == 0.25)
        }
    }

    @Test(
        .enabled(
            if: ["socat", "jq"].allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)") },
            "socat or jq is missing"))
    func theExampleRunsAsWritten() async throws {
        let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("examples/control.sh")
        try await withServer { path in
            let process = Process()
            let output = Pipe()
            process.executableURL = example
            process.arguments = [path]
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            #expect(text.contains("main: running, 30"))
            #expect(text.contains(#""strength": 0.6"#))
            #expect(text.contains("allowed is a number from 0 to 1"))
        }
    }
}
