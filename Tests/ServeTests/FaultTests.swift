import Basics
import Control
import Foundation
import Glibc
import Media
import OpenVINOEngine
import Settings
import TestTools
import Testing

/// What can go wrong around a stream. During all of it the daemon answers within 100 ms and its books are exact; after
/// it the stream goes on by itself.
@Suite(.serialized) struct FaultTests {
    private func served(in folder: Folder = Folder(), outputs: String = "") throws -> ServedDaemon {
        let daemon = try ServedDaemon(in: folder, configuration: "streams:\n" + configuration(outputs: outputs))
        try daemon.wait(15) { $0.count("restyled") >= 5 }
        return daemon
    }

    private func extra(_ name: String, _ address: String) -> String {
        "      - {to: \(address), name: \(name), format: nut, codec: rawvideo}"
    }

    /// Ends it, and looks at what it has written.
    private func expectWell(_ daemon: ServedDaemon, file: String = "out.mkv") throws {
        let end = try daemon.end(SIGTERM)
        #expect(end.status == 0, "\(daemon.log)")
        #expect(end.seconds < 5)
        #expect(daemon.slowestStatus <= .milliseconds(100), "\(daemon.slowestStatus)")
        let output = try #require(end.statistics["main"]).output("file")
        #expect(try pictures(in: daemon.path(file)) == output.count("written") + output.count("repeated"))
    }

    @Test func aSourceThatIsKilledIsStartedAnew() throws {
        let daemon = try served()
        for round in 1...(isFull ? 50 : 1) {
            let child = try #require(Capture.child(of: daemon.pid))
            kill(child, SIGKILL)
            let lost = try daemon.wait(20) { $0.count("connections") == round + 1 }
            let back = try daemon.wait(20) { $0.count("restyled") > lost.count("restyled") + 5 }
            #expect(back.count("missed_ticks") <= 5 * Int64(round), "the output went on meanwhile")
        }
        try expectWell(daemon)
    }

    /// A child that has a descriptor of the daemon's keeps the port taken and a client waiting for the end.
    @Test func aCaptureHasNothingOfTheDaemonsAndDiesWithIt() throws {
        let port = 20_000 + Int(getpid()) % 20_000
        let folder = Folder()
        let start = {
            try ServedDaemon(
                in: folder, configuration: "streams:\n" + configuration(capture: ["sleep", "300"]),
                arguments: ["--metrics", "127.0.0.1:\(port)"])
        }
        func nextChild(of daemon: ServedDaemon, after last: pid_t? = nil) throws -> pid_t {
            let due = MonotonicTime.now + .seconds(10)
            while true {
                if let child = Capture.child(of: daemon.pid), child != last,
                    try String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8) == "sleep\n"
                {
                    return child
                }
                try #require(MonotonicTime.now < due, "there is no capture\n\(daemon.log)")
                usleep(20_000)
            }
        }
        let daemon = try start()
        _ = try daemon.status()
        let first = try nextChild(of: daemon)
        // Started while a client of each socket is there.
        var client = try ControlClient(path: daemon.path("socket"))
        _ = try client.call(.status)
        let scraper = try connection(toPort: port)
        defer { close(scraper) }
        kill(first, SIGKILL)
        let child = try nextChild(of: daemon, after: first)
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/fd").sorted()
        #expect(descriptors == ["0", "1", "2"])
        #expect(getpgid(child) == child)

        try daemon.end(SIGKILL)
        let due = MonotonicTime.now + .seconds(2)
        while kill(child, 0) == 0 {
            try #require(MonotonicTime.now < due, "the capture outlives its daemon")
            usleep(10_000)
        }
        let next = try start()
        _ = try next.status()
        #expect(try next.end(SIGTERM).status == 0, "\(next.log)")
    }

    private func connection(toPort port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(code == 0, "the metrics are not served")
        return descriptor
    }

    @Test func theWriterOfAPipeGoesAndComesBackWithAnotherSize() throws {
        let daemon = try ServedDaemon(["-i", "in.fifo", "-o", "out.mkv", "-r", "30"] + ServedDaemon.model)
        #expect(mkfifo(daemon.path("in.fifo"), 0o600) == 0)
        for (round, size) in ["64x48", "128x96"].enumerated() {
            let capture = try Capture.start(to: daemon.path("in.fifo"), "testsrc=size=\(size):rate=30")
            let opened = try daemon.wait(20) { $0.count("connections") == round + 1 }
            try daemon.wait(20) { $0.count("restyled") > max(opened.count("restyled"), 0) + 5 }
            #expect(try daemon.state() == "running")
            kill(capture.processIdentifier, SIGKILL)
            capture.waitUntilExit()
            try daemon.wait(5, forState: "holding")
            let held = try daemon.statistics().output("out.mkv").count("repeated")
            try daemon.wait(5) { $0.output("out.mkv").count("repeated") > held + 10 }
        }
        let end = try daemon.end(SIGTERM)
        #expect(end.status == 0 && daemon.slowestStatus <= .milliseconds(100))
        let output = try #require(end.statistics["main"]).output("out.mkv")
        #expect(try pictures(in: daemon.path("out.mkv")) == output.count("written") + output.count("repeated"))
    }

    @Test func aReaderStallsAndGoesWhileADiskIsFull() throws {
        let folder = Folder()
        #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
        // Reading and writing, so that the daemon finds a reader; it never reads.
        let reader = open(folder.path("fifo"), O_RDWR | O_NONBLOCK)
        let daemon = try ServedDaemon(
            in: folder,
            configuration: "streams:\n"
                + configuration(outputs: extra("pipe", "fifo") + "\n" + extra("full", "/dev/full")))
        let stalled = try daemon.wait(30) { $0.output("pipe")["dropped"]?.count("queue_full") ?? 0 >= 10 }
        #expect(stalled.output("file")["dropped"]?.count("queue_full") == 0)
        #expect(try daemon.status()["streams"]?.array?.first?["healthy"] == true)
        // EPIPE.
        close(reader)
        let gone = try daemon.wait(10) { $0.output("pipe")["up"] == false }
        let pictures = gone.output("file").count("written")
        try daemon.wait(10) { $0.output("file").count("written") > pictures + 10 }
        let full = try daemon.statistics().output("full")
        #expect(full["up"] == false && full["message"]?.string?.contains("No space left") == true, "\(full.text)")
        // A reader that comes is served, from a new beginning.
        let source = try VideoSource(folder.path("fifo"))
        for _ in 0..<5 { _ = try source.next() }
        #expect(try daemon.statistics().output("pipe").count("connections") >= 2)
        let file = try daemon.statistics().output("file")
        #expect(file["dropped"]?.count("queue_full") == 0, "\(file.text)")
        try expectWell(daemon)
    }

    /// A writer that fell silent, a reader that never reads, and a terminal that hangs: TERM ends it all the same.
    @Test func endsWithInputAndOutputBlocked() throws {
        let folder = Folder()
        for name in ["in.fifo", "fifo"] { #expect(mkfifo(folder.path(name), 0o600) == 0) }
        let reader = open(folder.path("fifo"), O_RDWR | O_NONBLOCK)
        defer { close(reader) }
        let daemon = try ServedDaemon(
            in: folder,
            ["-i", "in.fifo", "-o", "fifo", "-f", "nut", "-c:v", "rawvideo", "-r", "30"] + ServedDaemon.model)
        let files = try ServedDaemon(
            ["-i", folder.path("other.fifo"), "-o", "out.mp4", "-o", "out.mkv", "-r", "30"] + ServedDaemon.model)
        #expect(mkfifo(folder.path("other.fifo"), 0o600) == 0)
        let captures = try ["in.fifo", "other.fifo"].map { try Capture.start(to: folder.path($0)) }
        defer { for capture in captures { kill(capture.processIdentifier, SIGKILL) } }
        try daemon.wait(20) { $0.output("fifo")["dropped"]?.count("queue_full") ?? 0 >= 5 }
        try files.wait(20) { $0.output("out.mp4").count("written") >= 20 }
        for capture in captures { kill(capture.processIdentifier, SIGSTOP) }
        usleep(300_000)
        let blocked = try daemon.end(SIGTERM)
        #expect(blocked.status == 0 && blocked.seconds < 5, "\(blocked) \(daemon.log)")
        let end = try files.end(SIGTERM, SIGTERM)
        #expect(end.status == 0 && end.seconds < 5, "\(end) \(files.log)")
        for name in ["out.mp4", "out.mkv"] {
            let output = try #require(end.statistics["main"]).output(name)
            #expect(try pictures(in: files.path(name)) == output.count("written") + output.count("repeated"))
        }
    }

    enum Fault: CaseIterable {
        case sourceKilled, outputStalled, readerGone, diskFull, stopped, settingsPouringIn
    }

    /// TERM comes in the middle of each of the others.
    @Test(arguments: Fault.allCases) func endsInTheMiddleOf(_ fault: Fault) throws {
        let folder = Folder()
        #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
        let reader = open(folder.path("fifo"), O_RDWR | O_NONBLOCK)
        let disk = fault == .diskFull ? "\n" + extra("full", "/dev/full") : ""
        let daemon = try served(in: folder, outputs: extra("pipe", "fifo") + disk)
        var end: ServedDaemon.End?
        switch fault {
        case .sourceKilled:
            kill(try #require(Capture.child(of: daemon.pid)), SIGKILL)
            try daemon.wait(5, forState: "holding")
        case .outputStalled: try daemon.wait(30) { $0.output("pipe")["dropped"]?.count("queue_full") ?? 0 >= 5 }
        case .readerGone:
            close(reader)
            try daemon.wait(10) { $0.output("pipe")["up"] == false }
        case .diskFull: try daemon.wait(10) { $0.output("full")["up"] == false }
        case .stopped:
            kill(daemon.pid, SIGSTOP)
            usleep(500_000)
            end = try daemon.end(SIGTERM, SIGCONT)
        case .settingsPouringIn:
            for seed: Int64 in 0..<200 { try daemon.call(.settingsSet, ["seed": .integer(seed), "transition": 1]) }
        }
        let ended = try end ?? daemon.end(SIGTERM)
        #expect(ended.status == 0 && ended.seconds < 5, "\(ended.seconds) s, \(daemon.log)")
        #expect(daemon.slowestStatus <= .milliseconds(100), "\(daemon.slowestStatus)")
        if fault != .readerGone { close(reader) }
        let output = try #require(ended.statistics["main"]).output("file")
        #expect(try pictures(in: daemon.path("out.mkv")) == output.count("written") + output.count("repeated"))
    }

    @Test(.enabled(if: (try? OpenVINO.locate()) != nil, "OpenVINO is missing: restyled setup openvino"))
    func endsWhileTheModelIsLoading() throws {
        for (signal, status) in [(SIGTERM, Int32(0)), (SIGINT, 130)] {
            let daemon = try ServedDaemon(["-i", "in.fifo", "-o", "out.mkv"])
            _ = try daemon.status()
            let end = try daemon.end(signal)
            #expect(end.status == status && end.seconds < 5, "\(daemon.log)")
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP], [ServedDaemon.program, ServedDaemon.release].compactMap(\.self))
    func endsAtASignal(_ signal: Int32, _ binary: URL) throws {
        let daemon = try ServedDaemon(["-i", "in.fifo", "-o", "out.mkv"] + ServedDaemon.model, program: binary)
        _ = try daemon.status()
        let end = try daemon.end(signal)
        #expect(end.status == (signal == SIGTERM ? 0 : 130) && end.seconds < 5, "\(daemon.log)")
    }

    @Test func goesOnAfterBeingStopped() throws {
        let daemon = try served()
        kill(daemon.pid, SIGSTOP)
        usleep(isFull ? 20_000_000 : 1_500_000)
        let before = MonotonicTime.now
        kill(daemon.pid, SIGCONT)
        _ = try daemon.status()
        #expect(MonotonicTime.now - before < .milliseconds(500))
        let first = try daemon.statistics()
        let after = try daemon.wait(10) { $0.count("restyled") > first.count("restyled") + 10 }
        // The ticks that nobody was there for are missed, and not made up for in a burst.
        #expect(after.count("missed_ticks") >= (isFull ? 590 : 40))
        #expect(try daemon.status()["streams"]?.array?.first?["healthy"] == true)
        try expectWell(daemon)
    }

    @Test func killedItLeavesAPlayableFile() throws {
        let daemon = try ServedDaemon(configuration: "streams:\n" + configuration(output: "out.mp4"))
        try daemon.wait(15) { $0.output("file").count("written") + $0.output("file").count("repeated") >= 60 }
        try daemon.end(SIGKILL)
        #expect(try pictures(in: daemon.path("out.mp4")) >= 30)
    }

    @Test func settingsInMassesAndClientsInCrowds() throws {
        let daemon = try served()
        for number in 0..<(isFull ? 100_000 : 500) {
            if number % 100 == 0 { _ = try daemon.statistics() }
            try daemon.call(.settingsSet, ["strength": .number(Double(number % 100) / 100), "transition": 0.1])
        }
        let before = try daemon.statistics()
        try daemon.wait(10) { $0.count("restyled") > before.count("restyled") + 5 }
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/fd").count
        #expect(descriptors < 100)
        try expectWell(daemon)
    }
}
