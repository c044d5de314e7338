import Basics
import Control
import Foundation
import Glibc
import OpenVINOEngine
import OrderedCollections
import Settings
import Testing

@Suite(.serialized) struct ServeTests {
    @Test func aStreamOfOptions() throws {
        let daemon = try ServedDaemon(
            ["-i", "in.fifo", "-o", "out.mkv", "-o", "second.mp4", "-r", "20"] + ServedDaemon.model)
        #expect(mkfifo(daemon.path("in.fifo"), 0o600) == 0)
        let answer = try daemon.status()
        #expect(try daemon.answersInTime())
        #expect(answer["streams"]?.array?.first?["name"] == "main")
        let capture = try Capture.start(to: daemon.path("in.fifo"))
        defer { capture.terminate() }
        try daemon.wait(15) { $0.count("restyled") >= 20 }
        #expect(try daemon.state() == "running")
        let end = try daemon.end(SIGTERM)
        #expect(end.status == 0, "\(daemon.log)")
        #expect(end.seconds < 5)
        for name in ["out.mkv", "second.mp4"] {
            let output = try #require(end.statistics["main"]).output(name)
            #expect(try pictures(in: daemon.path(name)) == output.count("written") + output.count("repeated"))
        }
        #expect(!FileManager.default.fileExists(atPath: daemon.path("socket")))
    }

    /// OpenVINO compiles for a second, in which the daemon answers and takes settings.
    @Test(.enabled(if: (try? OpenVINO.locate()) != nil, "OpenVINO is missing: restyled setup openvino"))
    func answersWhileTheModelIsLoading() throws {
        let daemon = try ServedDaemon(["-i", "in.fifo", "-o", "out.mkv", "--prompt", "oil painting"])
        #expect(mkfifo(daemon.path("in.fifo"), 0o600) == 0)
        let status = try daemon.status()
        #expect(try daemon.answersInTime())
        #expect(status["state"] == "loading")
        #expect(try daemon.state() == "loading")
        let set = try daemon.call(.settingsSet, ["prompt": "neon city", "strength": 0.4])
        #expect(set["prompt"] == "neon city" && set["version"] == 2)
        try daemon.wait(60, forState: "connecting")
        #expect(try daemon.call(.settingsGet)["strength"] == 0.4)
        let capture = try Capture.start(to: daemon.path("in.fifo"))
        defer { capture.terminate() }
        try daemon.wait(20) { $0.count("restyled") >= 5 }
        let snapshot = try daemon.call(.snapshot)
        #expect(snapshot["width"] == 312 && snapshot["data"]?.string?.hasPrefix("iVBOR") == true)
        #expect(try daemon.end(SIGTERM).status == 0)
    }

    @Test func aChangeIsInThePictureWithinTwoFrames() throws {
        // Four frames a second, so that they can be told apart over the socket.
        let text = "streams:\n" + configuration(capture: Capture.words("color=orange:size=64x64:rate=4"))
        let daemon = try ServedDaemon(configuration: text)
        try daemon.wait(15) { $0.count("restyled") >= 2 }
        func picture(_ name: String) throws -> String? {
            try daemon.call(.snapshot, ["picture": .string(name)])["data"]?.string
        }
        #expect(try picture("restyled") != picture("source"))
        for (change, isSource) in [
            ("strength=0", true), ("strength=0.7", false), ("blend=1", true), ("blend=0", false),
        ] {
            let words = change.split(separator: "=")
            try daemon.call(.settingsSet, [String(words[0]): .number(Double(words[1]) ?? .nan)])
            let before = try daemon.statistics().count("restyled")
            let after = try daemon.wait(5) { $0.count("restyled") >= before + 2 }
            #expect(after.count("restyled") == before + 2)
            #expect(try (picture("restyled") == picture("source")) == isSource, "\(change)")
        }
        try daemon.end(SIGTERM)
    }

    @Test func settingsSurviveARestartUnlessTheConfigurationSaysOtherwise() throws {
        let folder = Folder()
        func run(_ settings: String, _ body: (ServedDaemon) throws -> Void) throws {
            let daemon = try ServedDaemon(in: folder, configuration: "streams:\n" + configuration(settings: settings))
            try body(daemon)
            #expect(try daemon.end(SIGTERM).status == 0)
        }
        try run(", strength: 0.3") { daemon in
            try daemon.call(.settingsSet, ["prompt": "neon city", "blend": 0.25])
        }
        try run(", strength: 0.3") { daemon in
            let settings = try daemon.call(.settingsGet)
            #expect(settings["prompt"] == "neon city" && settings["blend"] == 0.25 && settings["version"] == 2)
        }
        try run(", strength: 0.8") { daemon in
            let settings = try daemon.call(.settingsGet)
            #expect(settings["strength"] == 0.8 && settings["prompt"] == "neon city")
        }
    }

    @Test func aReloadTouchesOnlyWhatChanged() throws {
        let folder = Folder()
        let daemon = try ServedDaemon(
            in: folder,
            configuration: "streams:\n" + configuration(name: "kept", output: "kept.mkv")
                + configuration(name: "changed", output: "changed.mkv")
                + configuration(name: "gone", output: "gone.mkv"))
        for name in ["kept", "changed", "gone"] { try daemon.wait(15, stream: name) { $0.count("restyled") >= 5 } }
        func reload(_ text: String) throws {
            let before = daemon.log.count
            try text.write(toFile: folder.path("restyled.yaml"), atomically: true, encoding: .utf8)
            kill(daemon.pid, SIGHUP)
            let due = MonotonicTime.now + .seconds(10)
            while !daemon.log.dropFirst(before).contains("reloaded"), !daemon.log.dropFirst(before).contains("left as")
            {
                try #require(MonotonicTime.now < due, "\(daemon.log)")
                usleep(20_000)
            }
        }
        let kept = try daemon.statistics("kept").count("decoded")
        try reload(
            "streams:\n" + configuration(name: "kept", output: "kept.mkv", settings: ", strength: 0.9")
                + configuration(name: "changed", output: "other.mkv") + configuration(name: "new", output: "new.mkv"))
        for name in ["changed", "new"] { try daemon.wait(15, stream: name) { $0.count("restyled") >= 5 } }
        let after = try daemon.wait(10, stream: "kept") { $0.count("decoded") > kept }
        #expect(after.count("connections") == 1)
        #expect(try daemon.call(.settingsGet, ["stream": "kept"])["strength"] == 0.9)
        let names = try daemon.status()["streams"]?.array?.map { $0["name"]?.string ?? "" }
        #expect(names == ["kept", "changed", "new"])
        for name in ["changed.mkv", "gone.mkv"] { #expect(try pictures(in: folder.path(name)) > 0) }
        // A slip of the pen changes nothing.
        try reload("streams:\n  - nmae: kept\n")
        #expect(daemon.log.contains("the configuration is left as it was"))
        #expect(try daemon.state("kept") == "running")
        let end = try daemon.end(SIGTERM)
        #expect(end.status == 0 && end.statistics.count == 4)
    }

    @Test func streamsStopAndStartAndPlayTimelines() throws {
        let daemon = try ServedDaemon(
            configuration: "streams:\n" + configuration()
                + configuration(name: "later", output: "later.mkv")
                .replacing("    outputs:", with: "    autostart: false\n    outputs:"))
        try daemon.wait(15) { $0.count("restyled") >= 5 }
        #expect(try daemon.state("later") == "stopped")
        try daemon.call(.streamStart, ["stream": "later"])
        try daemon.wait(15, stream: "later") { $0.count("restyled") >= 5 }
        try daemon.call(.streamStop, ["stream": "main"])
        #expect(try daemon.state() == "stopped")
        let stopped = try daemon.statistics()
        #expect(stopped.count("in_flight") == 0 && stopped.count("restyled") >= 5)
        #expect(try pictures(in: daemon.path("out.mkv")) > 0)
        try daemon.call(.streamStart, ["stream": "main"])
        try daemon.wait(15) { $0.count("restyled") >= 5 }
        // What the first run wrote is still there.
        #expect(FileManager.default.fileExists(atPath: daemon.path("out-1.mkv")))
        try daemon.call(
            .scriptLoad,
            ["stream": "later", "text": "- {at: 0, prompt: first}\n- {at: 0.3, strength: 0.9, transition: 0.2s}"])
        let due = MonotonicTime.now + .seconds(5)
        while try daemon.call(.settingsGet, ["stream": "later"])["strength"] != 0.9, MonotonicTime.now < due {
            usleep(20_000)
        }
        let settings = try daemon.call(.settingsGet, ["stream": "later"])
        #expect(settings["prompt"] == "first" && settings["strength"] == 0.9)
        #expect(try daemon.end(SIGTERM).status == 0)
    }

    @Test func aSecondDaemonIsRefusedAndADeadOnesSocketIsNot() throws {
        let folder = Folder()
        let text = "streams:\n" + configuration()
        let first = try ServedDaemon(in: folder, configuration: text)
        _ = try first.status()
        let second = Process()
        let errors = Pipe()
        second.executableURL = ServedDaemon.program
        second.arguments = ["serve", "--config", folder.path("restyled.yaml"), "--socket", folder.path("socket")]
        second.standardError = errors
        try second.run()
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        second.waitUntilExit()
        #expect(second.terminationStatus == 73)
        #expect(
            said
                == "restyled: another restyled has \(folder.path("socket")); stop it, or give this one another path with --socket\n"
        )
        #expect(try first.end(SIGKILL).status == -SIGKILL)
        #expect(FileManager.default.fileExists(atPath: folder.path("socket")))
        let third = try ServedDaemon(in: folder, configuration: text)
        try third.wait(15) { $0.count("restyled") >= 1 }
        #expect(try third.end(SIGTERM).status == 0)
    }

    private static let launcher = "/usr/bin/systemd-socket-activate"

    @Test(.enabled(if: access(launcher, X_OK) == 0, "systemd-socket-activate is missing: apt-get install systemd"))
    func systemdHandsTheSocketOver() throws {
        let folder = Folder()
        let daemon = try ServedDaemon(
            in: folder, ["-i", "in.fifo", "-o", "out.mkv"] + ServedDaemon.model,
            through: [Self.launcher, "--listen", folder.path("socket")])
        #expect(mkfifo(folder.path("in.fifo"), 0o600) == 0)
        try daemon.wait(15, forState: "connecting")
        #expect(!FileManager.default.fileExists(atPath: folder.path("socket.lock")))
        let end = try daemon.end(SIGTERM)
        #expect(end.status == 0, "\(daemon.log)")
        #expect(FileManager.default.fileExists(atPath: folder.path("socket")), "systemd's own stays")
    }

    @Test func tellsSystemdAndPrometheus() throws {
        let manager = try Manager()
        let port = 20_000 + Int(getpid()) % 20_000
        let daemon = try ServedDaemon(
            configuration: "streams:\n" + configuration(), arguments: ["--metrics", "127.0.0.1:\(port)"],
            environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "3000000"])
        try daemon.wait(15) { $0.count("restyled") >= 10 }
        let due = MonotonicTime.now + .seconds(5)
        var told = ""
        while !told.contains("WATCHDOG=1\n") || !told.contains("frames/s"), MonotonicTime.now < due {
            told += manager.received
            usleep(20_000)
        }
        #expect(told.contains("READY=1\n") && told.contains("STATUS=main: running"), "\(told)")
        #expect(try curl("http://127.0.0.1:\(port)/healthz") == "ok\n")
        let page = try curl("http://127.0.0.1:\(port)/metrics")
        #expect(page.contains("restyled_stream_state{stream=\"main\",state=\"running\"} 1\n"))
        #expect(page.contains("restyled_output_up{stream=\"main\",output=\"file\"} 1\n"))
        let promtool = "/usr/bin/promtool"
        if access(promtool, X_OK) == 0 {
            try page.write(toFile: daemon.path("page"), atomically: true, encoding: .utf8)
            let complaints = try output(of: [
                "/bin/sh", "-c", "\(promtool) check metrics < \(daemon.path("page")) 2>&1",
            ])
            #expect(complaints.isEmpty, "\(complaints)")
        }
        #expect(try daemon.end(SIGTERM).status == 0)
        #expect(manager.received.contains("STOPPING=1"))
    }

    private func curl(_ address: String) throws -> String { try output(of: ["/usr/bin/curl", "-s", address]) }

    private func output(of words: [String]) throws -> String {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    struct Refusal: CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let sentence: String
        init(_ arguments: [String], _ status: Int32, _ sentence: String) {
            (self.arguments, self.status, self.sentence) = (arguments, status, sentence)
        }
        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(arguments: [
        Refusal([], 64, "there is nothing to serve; give -i and -o, or --config with the streams"),
        Refusal(["-i", "x"], 64, "there is no output; give at least one -o"),
        Refusal(["-i", "x", "-o", "y.mkv", "--strength", "7"], 64, "strength"),
        Refusal(["-i", "x", "-o", "y.mkv", "--metrics", "here"], 64, "--metrics here is not an address and a port"),
        Refusal(["-i", "x", "-o", "y.mkv", "--model", "/nonexistent"], 66, "/nonexistent: there is no such model"),
        Refusal(["-i", "x", "-o", "y.unknown"], 64, "its name does not tell a format"),
        Refusal(
            ["-i", "x", "-o", "y.mkv", "-c:v", "libx265x"], 64, "there is no encoder libx265x; did you mean libx265?"),
        Refusal(["-i", "ftp://x", "-o", "y.mkv"], 64, "the protocol ftp is not allowed"),
        Refusal(["--config", "/nonexistent.yaml"], 78, "/nonexistent.yaml"),
        Refusal(["--config", "x.yaml", "--prompt", "snow"], 64, "put these options into that file"),
    ])
    func refuses(_ refusal: Refusal) throws {
        let daemon = try ServedDaemon(refusal.arguments)
        let end = try daemon.ended()
        #expect(end.status == refusal.status)
        #expect(daemon.log.contains(refusal.sentence), "\(daemon.log)")
    }
}
