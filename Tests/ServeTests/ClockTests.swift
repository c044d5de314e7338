import Basics
import Control
import Foundation
import Glibc
import Media
import Settings
import TestTools
import Testing

/// Clocks that jump, and clocks that have run for weeks.
@Suite(.serialized) struct ClockTests {
    /// Seconds that a file's pictures last, from the first to the last.
    private func duration(of path: String) throws -> Double {
        let source = try VideoSource(path)
        var times: [Int64] = []
        while let item = try source.next() {
            if case .frame(let frame) = item { times.append(frame.pts) }
        }
        return Double((times.last ?? 0) - (times.first ?? 0)) * source.info.timeBase.seconds
    }

    /// Someone sets the time, and the capture labels its frames by it, as x11grab does.
    @Test(.enabled(if: PreloadedLibrary.isPossible, "a C compiler is missing"))
    func theWallClockJumps() throws {
        let folder = Folder()
        let clock = folder.path("clock")
        func set(_ seconds: Int64) throws {
            // In place, because the program has it mapped.
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: clock))
            try file.write(contentsOf: withUnsafeBytes(of: seconds.littleEndian) { Data($0) })
            try file.close()
        }
        _ = FileManager.default.createFile(atPath: clock, contents: nil)
        try set(0)
        let capture = [
            Capture.ffmpeg, "-v", "error", "-use_wallclock_as_timestamps", "1", "-f", "lavfi", "-i",
            "testsrc=size=64x48:rate=15,realtime", "-copyts", "-vsync", "passthrough", "-c:v", "rawvideo", "-f", "nut",
            "-",
        ]
        let daemon = try ServedDaemon(
            in: folder, configuration: "streams:\n" + configuration(capture: capture),
            environment: [
                "LD_PRELOAD": try PreloadedLibrary.make("wall_clock", in: folder.path), "RESTYLED_TEST_CLOCK": clock,
            ])
        try daemon.wait(15) { $0.count("restyled") >= 10 }
        let start = MonotonicTime.now
        for seconds: Int64 in [3600, -3600, 40 * 365 * 86_400] {
            let before = try daemon.statistics()
            try set(seconds)
            let after = try daemon.wait(10) { $0.count("restyled") >= before.count("restyled") + 15 }
            #expect(after.count("missed_ticks") <= before.count("missed_ticks") + 5)
            #expect(after.count("connections") == 1)
        }
        let end = try daemon.end(SIGTERM)
        let seconds = (MonotonicTime.now - start).inSeconds
        #expect(end.status == 0, "\(daemon.log)")
        #expect(daemon.slowestStatus <= .milliseconds(100), "\(daemon.slowestStatus)")
        let output = try #require(end.statistics["main"]).output("file")
        #expect(try pictures(in: daemon.path("out.mkv")) == output.count("written") + output.count("repeated"))
        // The output's own time is monotonic.
        #expect(try duration(of: daemon.path("out.mkv")) <= seconds + 15)
    }

    /// The machine has been up for so long that milliseconds leave 31 or 24 bits, or MPEG's clock its 33, a moment after
    /// the start.
    @Test(
        .enabled(if: Self.canMoveMonotonicClock, "needs root, for a monotonic clock of its own"),
        arguments: [Double(1 << 31) / 1000, Double(1 << 24) / 1000, Double(1 << 33) / 90_000])
    func theMachineIsOld(_ uptime: Double) throws {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let offset = Int(uptime) - now.tv_sec - 2
        let daemon = try ServedDaemon(
            ["-i", "in.fifo", "-o", "out.mkv", "-o", "out.flv", "-o", "out.ts", "-r", "30"] + ServedDaemon.model,
            through: ["/usr/bin/unshare", "--time", "--monotonic", "\(offset)", "--"])
        #expect(mkfifo(daemon.path("in.fifo"), 0o600) == 0)
        let capture = try Capture.start(to: daemon.path("in.fifo"))
        defer { capture.terminate() }
        let running = try daemon.wait(20) { $0.count("restyled") >= 60 }
        #expect(running.count("missed_ticks") <= 10)
        let end = try daemon.end(SIGTERM)
        #expect(end.status == 0 && end.seconds < 5, "\(daemon.log)")
        #expect(daemon.slowestStatus <= .milliseconds(100), "\(daemon.slowestStatus)")
        for name in ["out.mkv", "out.flv", "out.ts"] {
            let output = try #require(end.statistics["main"]).output(name)
            #expect(try pictures(in: daemon.path(name)) == output.count("written") + output.count("repeated"))
        }
    }

    private static let canMoveMonotonicClock: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["--time", "--monotonic", "1000", "--", "true"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
