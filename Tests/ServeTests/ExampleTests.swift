import Foundation
import Glibc
import Media
import OpenVINOEngine
import Pipeline
import Settings
import Testing

/// The examples that a machine without a desktop can run.
@Suite(.serialized) struct ExampleTests {
    private static let hasOpenVINO = (try? OpenVINO.locate()) != nil
    private static let hasGame = ["/usr/games/chocolate-doom", "/usr/bin/Xvfb", "/usr/share/games/doom/freedoom1.wad"]
        .allSatisfy(FileManager.default.fileExists(atPath:))
    private static let promtool = "/usr/bin/promtool"

    private func example(_ name: String) -> String { "\(repository)/examples/\(name)" }

    @Test(arguments: ["restyled.yaml", "obs.yaml", "mediamtx.yaml"])
    func configurationsAreTaken(name: String) throws {
        try Configuration(contentsOf: example(name)).check()
    }

    @Test(.enabled(if: access(promtool, X_OK) == 0, "promtool is missing: apt-get install prometheus"))
    func prometheusTakesItsConfiguration() throws {
        let check = Process()
        check.executableURL = URL(fileURLWithPath: Self.promtool)
        check.arguments = ["check", "config", example("prometheus.yml")]
        check.standardOutput = FileHandle.nullDevice
        try check.run()
        check.waitUntilExit()
        #expect(check.terminationStatus == 0)
    }

    @Test(
        .enabled(if: hasOpenVINO, "OpenVINO is missing: restyled setup openvino"),
        .enabled(if: hasGame, "the game is missing: apt-get install chocolate-doom freedoom xvfb"))
    func liveGame() throws {
        let folder = Folder()
        let script = Process()
        script.executableURL = URL(fileURLWithPath: example("live-game"))
        script.arguments = ["4", folder.path("styled.mkv")]
        script.environment = ProcessInfo.processInfo.environment.merging(["RESTYLED": ServedDaemon.program.path]) { $1 }
        script.standardOutput = FileHandle.nullDevice
        script.standardError = FileHandle.nullDevice
        try script.runUnblocked()
        script.waitUntilExit()
        #expect(script.terminationStatus == 0)
        #expect(try pictures(in: folder.path("styled.mkv")) >= 30)
    }

    /// OBS's part is ffmpeg's.
    @Test(.enabled(if: hasOpenVINO, "OpenVINO is missing: restyled setup openvino"))
    func overUDPAsOBSDoesIt() throws {
        let port = 40_000 + Int(getpid()) % 10_000 * 2
        let text = try String(contentsOfFile: example("obs.yaml"), encoding: .utf8)
            .replacing(":9000", with: ":\(port)").replacing(":9001", with: ":\(port + 1)")
        let daemon = try ServedDaemon(configuration: text)
        let sender = Process()
        sender.executableURL = URL(fileURLWithPath: Capture.ffmpeg)
        sender.arguments = [
            "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=128x72:rate=30", "-c:v", "libx264", "-preset",
            "ultrafast", "-tune", "zerolatency", "-g", "30", "-f", "mpegts",
            "udp://127.0.0.1:\(port)?pkt_size=1316",
        ]
        sender.standardInput = FileHandle.nullDevice
        try sender.runUnblocked()
        defer { kill(sender.processIdentifier, SIGKILL) }
        try daemon.wait(30, stream: "obs") { $0.output("obs").count("written") >= 3 }
        var options = SourceOptions()
        options.format = "mpegts"
        let source = try VideoSource("udp://127.0.0.1:\(port + 1)", options)
        #expect(source.info.width == 128 && source.info.codec == "h264")
        var count = 0
        while count < 20, let item = try source.next() { if case .frame = item { count += 1 } }
        #expect(count == 20)
        #expect(try daemon.end(SIGTERM).status == 0)
    }

    /// MediaMTX's part is two ffmpegs': one plays the game to whoever asks, one takes what is published.
    @Test(.enabled(if: hasOpenVINO, "OpenVINO is missing: restyled setup openvino"))
    func overRTMPAsMediaMTXDoesIt() throws {
        let port = 41_001 + Int(getpid()) % 10_000 * 2
        let (game, styled) = ("rtmp://127.0.0.1:\(port)/game", "rtmp://127.0.0.1:\(port + 1)/styled")
        let text = try String(contentsOfFile: example("mediamtx.yaml"), encoding: .utf8)
            .replacing("rtmp://127.0.0.1/game", with: game).replacing("rtmp://127.0.0.1/styled", with: styled)
        let daemon = try ServedDaemon(configuration: text)
        let watched = daemon.path("watched.mkv")
        let picture = ["-re", "-f", "lavfi", "-i", "testsrc=size=128x72:rate=30", "-f", "lavfi", "-i", "sine"]
        let coded = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-c:a", "aac"]
        let servers = try [
            picture + coded + ["-f", "flv", "-listen", "1", game],
            ["-listen", "1", "-i", styled, "-c", "copy", watched],
        ].map { words in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Capture.ffmpeg)
            process.arguments = ["-v", "error"] + words
            process.standardInput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.runUnblocked()
            return process
        }
        defer { for server in servers { kill(server.processIdentifier, SIGKILL) } }
        try daemon.wait(30, stream: "game") { $0.output("mediamtx").count("written") >= 40 }
        #expect(try daemon.end(SIGTERM).status == 0)
        // Published to the end, it ends as well.
        servers[1].waitUntilExit()
        let source = try VideoSource(watched)
        #expect(source.info.width == 128 && source.info.streams.map(\.codec) == ["aac"])
        #expect(try pictures(in: watched) >= 40)
    }
}
