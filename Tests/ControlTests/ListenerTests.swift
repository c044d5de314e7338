import Control
import Foundation
import Glibc
import TestTools
import Testing

@Suite(.serialized) struct ListenerTests {
    private func withPath(_ body: (String) throws -> Void) rethrows {
        let path = socketPath()
        defer {
            unlink(path)
            unlink(path + ".lock")
        }
        try body(path)
    }

    @Test func theSocketIsForItsOwnerAlone() throws {
        try withPath { path in
            let listener = try ControlListener.open(path: path)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
            listener.remove()
            #expect(stat(path, &status) != 0)
        }
    }

    /// Clients can connect before anybody answers.
    @Test func connectionsAreTakenFromTheFirstMoment() throws {
        try withPath { path in
            let listener = try ControlListener.open(path: path)
            _ = try RawClient(path)
            listener.remove()
        }
    }

    @Test func aSecondDaemonIsRefused() throws {
        try withPath { path in
            let first = try ControlListener.open(path: path)
            let error = #expect(throws: ControlError.self) { try ControlListener.open(path: path) }
            #expect(error?.message.contains("another restyled has \(path);") == true)
            _ = try RawClient(path)
            first.remove()
            try ControlListener.open(path: path).remove()
        }
    }

    @Test func aStaleSocketIsReplaced() throws {
        try withPath { path in
            // What a killed daemon leaves: the file, and nobody behind it.
            let script = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()"
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script, path]
            try process.run()
            process.waitUntilExit()
            try #require(FileManager.default.fileExists(atPath: path))
            let listener = try ControlListener.open(path: path)
            _ = try RawClient(path)
            listener.remove()
        }
    }

    @Test func whatIsNoSocketIsLeftAlone() throws {
        try withPath { path in
            try "precious".write(toFile: path, atomically: true, encoding: .utf8)
            let error = #expect(throws: ControlError.self) { try ControlListener.open(path: path) }
            #expect(error?.message.contains("is no socket") == true)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        }
    }

    @Test func pathsThatCannotBe() {
        for path in ["", "/nonexistent/x.sock", "/tmp/" + String(repeating: "x", count: 200)] {
            #expect(throws: ControlError.self) { try ControlListener.open(path: path) }
        }
    }

    @Test func noSocketFromSystemdIsNoError() throws {
        #expect(try ControlListener.fromSystemd(environment: [:]) == nil)
        #expect(try ControlListener.fromSystemd(environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1"]) == nil)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func anotherUserIsRefused() async throws {
        try await withServer { path in
            chmod(path, 0o666)
            let script = """
                import os,socket,sys
                os.setuid(65534)
                s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
                print(s.recv(4096).decode())
                """
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script, path]
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(text.contains("-32006") && text.contains("another user's"), "\(text)")
            #expect(!text.contains("running"))
        }
    }

    @Test func aMissingDaemonIsASentence() {
        let error = #expect(throws: ControlError.self) { _ = try ControlClient(path: "/tmp/restyled-not-there.sock") }
        #expect(error?.message.hasPrefix("no daemon listens at /tmp/restyled-not-there.sock; start one") == true)
    }
}
