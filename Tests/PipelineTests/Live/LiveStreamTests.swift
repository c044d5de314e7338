import Basics
import Foundation
import Media
import Settings
import Synchronization
import Testing

@testable import Pipeline

private let second: Int64 = 1_000_000_000

@Suite(.serialized) struct LiveStreamTests {
    /// A format, and where 24 or 31 bits of milliseconds or MPEG's 33 bits of 90,000ths end; s.
    private static let ages: [(format: String, seconds: Double)] = {
        guard LiveFixture.isFull else { return [("flv", 2_147_483.648), ("mpegts", 95_443.717_7)] }
        var ages: [(format: String, seconds: Double)] = []
        for format in ["flv", "mpegts", "matroska", "nut"] {
            for seconds in [16_777.216, 2_147_483.648, 95_443.717_7] { ages.append((format, seconds)) }
        }
        return ages
    }()

    private func frames(of path: String) throws -> (count: Int, lastPts: Double, image: RGBImage?) {
        let source = try VideoSource(path)
        var (count, last, image): (Int, Double, RGBImage?) = (0, -1, nil)
        var scaler = Scaler()
        while let item = try source.next() {
            guard case .frame(let frame) = item else { continue }
            let time = Double(frame.pts) * source.info.timeBase.seconds
            #expect(time > last)
            (count, last) = (count + 1, time)
            image = try scaler.image(from: frame, width: 64, height: 48)
        }
        return (count, last, image)
    }

    private func expectSettled(_ status: StreamStatus) {
        #expect(status.countersAgree)
        #expect(status.counters.inFlight == 0)
        for output in status.outputs { #expect(output.counters.queued == 0) }
    }

    @Test func aSlowModelStillGivesASteadyStream() throws {
        let fixture = try LiveFixture()
        let stream = fixture.stream(
            InputConfiguration(.command(LiveFixture.testPicture())),
            [OutputConfiguration(address: fixture.path("out.mkv"))],
            restyler: InvertingRestyler(milliseconds: 400))
        stream.start()
        let running = try LiveFixture.wait(20, for: stream) { $0.outputs[0].counters.repeated >= 60 }
        #expect(running.state.kind == .running)
        #expect(running.health == .moving)
        #expect(stream.stop(by: .now + .seconds(5)))
        let status = stream.status
        expectSettled(status)
        let counters = status.outputs[0].counters
        // 2.5 pictures a second among 30 ticks.
        #expect(counters.repeated > counters.written * 6)
        #expect(status.counters.dropped[.superseded] > status.counters.restyled * 6)
        #expect(status.latency.quantile(0.5).map { $0 > .milliseconds(400) && $0 < .milliseconds(900) } == true)
        let file = try frames(of: fixture.path("out.mkv"))
        #expect(Int64(file.count) == counters.written + counters.repeated)
        #expect(abs(file.lastPts - Double(file.count - 1 + Int(status.missedTicks)) / 30) < 0.1)
    }

    /// A daemon that reads its configuration again and again must not keep the streams of before.
    @Test func aStoppedStreamIsLetGo() throws {
        weak var stopped: LiveStream?
        do {
            let fixture = try LiveFixture()
            let stream = fixture.stream(
                InputConfiguration(.command(LiveFixture.testPicture())),
                [OutputConfiguration(address: fixture.path("out.mkv"))])
            stopped = stream
            stream.start()
            try LiveFixture.wait(20, for: stream) { $0.counters.restyled >= 3 }
            #expect(stream.stop(by: .now + .seconds(5)))
        }
        // Its threads have ended, and let go of it in a moment.
        for _ in 0..<100 where stopped != nil { usleep(20_000) }
        #expect(stopped == nil)
    }

    @Test func aSourceThatComesAndGoesIsTakenUpAgain() throws {
        let fixture = try LiveFixture()
        let stream = fixture.stream(
            InputConfiguration(.command(LiveFixture.testPicture(seconds: 1))),
            [OutputConfiguration(address: fixture.path("out.mkv"))],
            timeouts: StreamMachine.Timeouts(stall: .seconds(1), hold: .milliseconds(500)))
        stream.start()
        var kinds: Set<StreamState.Kind> = []
        let status = try LiveFixture.wait(30, for: stream) { status in
            kinds.insert(status.state.kind)
            return status.connections >= 3 && status.state.kind == .running
        }
        #expect(status.connections >= 3)
        #expect(kinds.isSuperset(of: [.running, .holding, .slate]))
        #expect(stream.stop(by: .now + .seconds(5)))
        expectSettled(stream.status)
        let counters = stream.status.outputs[0].counters
        #expect(Int64(try frames(of: fixture.path("out.mkv")).count) == counters.written + counters.repeated)
    }

    @Test func aBlockedOutputSlowsNeitherTheOthersNorTheStop() throws {
        let fixture = try LiveFixture()
        let fifo = fixture.path("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)
        var blocked = OutputConfiguration(address: fifo)
        blocked.format = "nut"
        blocked.codec = "rawvideo"
        let stream = fixture.stream(
            InputConfiguration(.command(LiveFixture.testPicture(size: "320x240"))),
            [blocked, OutputConfiguration(address: fixture.path("out.mkv"))])
        stream.start()
        try LiveFixture.wait(10, for: stream) { $0.outputs[1].counters.written >= 10 }
        #expect(stream.status.outputs[0].counters.dropped[.outputDown] > 0)
        // A reader that opens and never reads: the pipe fills, then the queue.
        let reader = open(fifo, O_RDONLY | O_NONBLOCK)
        #expect(reader >= 0)
        let full = try LiveFixture.wait(20, for: stream) { $0.outputs[0].counters.dropped[.queueFull] >= 30 }
        #expect(full.outputs[0].counters.dropped[.queueFull] >= 30)
        #expect(full.outputs[1].counters.dropped.total <= 15)
        let before = monotonicNow()
        #expect(stream.stop(by: .now + .seconds(5)))
        #expect(monotonicNow() - before <= 5 * second)
        close(reader)
        expectSettled(stream.status)
        let counters = stream.status.outputs[1].counters
        #expect(Int64(try frames(of: fixture.path("out.mkv")).count) == counters.written + counters.repeated)
    }

    @Test func aReaderThatLeavesAndComesBackIsServedAgain() throws {
        let fixture = try LiveFixture()
        let fifo = fixture.path("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)
        var target = OutputConfiguration(address: fifo)
        target.format = "nut"
        target.codec = "rawvideo"
        let stream = fixture.stream(InputConfiguration(.command(LiveFixture.testPicture())), [target])
        stream.start()
        for round in 1...3 {
            do {
                let source = try VideoSource(fifo)
                for _ in 0..<10 { _ = try source.next() }
                #expect(stream.status.outputs[0].connections == Int64(round))
            }
            // A reader that came at once would be given the rest of what was meant for the last one.
            try LiveFixture.wait(5, for: stream) { !$0.outputs[0].isUp }
        }
        #expect(stream.stop(by: .now + .seconds(5)))
        expectSettled(stream.status)
    }

    @Test func pausePassthroughFailureAndGoingOn() throws {
        let fixture = try LiveFixture()
        let stream = fixture.stream(
            InputConfiguration(.command(LiveFixture.testPicture())),
            [OutputConfiguration(address: fixture.path("out.mkv"))])
        stream.start()
        try LiveFixture.wait(10, for: stream) { $0.counters.restyled >= 5 }
        try fixture.set("paused", "true")
        let paused = try LiveFixture.wait(5, for: stream) { $0.counters.dropped[.paused] >= 10 }
        #expect(paused.state.kind == .paused)
        #expect(paused.health == .idle("paused"))
        let restyled = stream.status.counters.restyled
        let written = stream.status.outputs[0].counters.repeated
        try LiveFixture.wait(5, for: stream) { $0.outputs[0].counters.repeated >= written + 10 }
        #expect(stream.status.counters.restyled == restyled)
        try fixture.set("paused", "false")
        try fixture.set("passthrough", "true")
        try LiveFixture.wait(5, for: stream) { $0.counters.restyled >= restyled + 10 }
        #expect(stream.status.state.kind == .passthrough)
        let pictures = try #require(try stream.lastPictures())
        #expect(pictures.source == pictures.restyled)
        try fixture.set("passthrough", "false")
        try fixture.set("prompt", "fail")
        try LiveFixture.wait(5, for: stream) { $0.counters.dropped[.inferenceError] >= 10 }
        let failures = fixture.events.withLock { $0.filter { if case .framesFailed = $0 { true } else { false } } }
        #expect(failures.count >= 1 && failures.count <= 3)
        try fixture.set("prompt", "snow")
        let end = stream.status.counters.restyled
        try LiveFixture.wait(5, for: stream) { $0.counters.restyled >= end + 10 }
        #expect(stream.status.counters.restyled >= end + 10)
        #expect(stream.stop(by: .now + .seconds(5)))
        expectSettled(stream.status)
    }

    @Test func streamsThatShareAModelGetEqualTurns() throws {
        let turn = ModelTurn()
        let fixtures = [try LiveFixture(), try LiveFixture(), try LiveFixture()]
        let streams = fixtures.map {
            $0.stream(
                InputConfiguration(.command(LiveFixture.testPicture())),
                [OutputConfiguration(address: $0.path("out.mkv"))],
                restyler: InvertingRestyler(milliseconds: 60), turn: turn)
        }
        for stream in streams { stream.start() }
        for stream in streams { try LiveFixture.wait(10, for: stream) { $0.counters.restyled >= 1 } }
        let before = streams.map { $0.status.counters.restyled }
        try LiveFixture.wait(20, for: streams[0]) { $0.counters.restyled >= before[0] + 20 }
        let counts = zip(streams, before).map { $0.status.counters.restyled - $1 }
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 3)
        #expect(counts.allSatisfy { $0 >= 17 })
        for stream in streams {
            #expect(stream.stop(by: .now + .seconds(5)))
            expectSettled(stream.status)
        }
    }

    @Test func aFileOutputIsCutIntoSegments() throws {
        let fixture = try LiveFixture()
        var target = OutputConfiguration(address: fixture.path("out.mp4"))
        target.segment = .seconds(1)
        let stream = fixture.stream(InputConfiguration(.command(LiveFixture.testPicture())), [target])
        stream.start()
        try LiveFixture.wait(20, for: stream) { $0.outputs[0].counters.offered >= 75 }
        #expect(stream.stop(by: .now + .seconds(5)))
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder).sorted()
        #expect(names.count >= 3 && names.contains("out.mp4") && names.contains("out-1.mp4"))
        let total = try names.reduce(0) { $0 + (try frames(of: fixture.path($1)).count) }
        let counters = stream.status.outputs[0].counters
        #expect(Int64(total) == counters.written + counters.repeated)
    }

    /// A stream that has been on for weeks: the output's own clock passes what a container's timestamps hold, and every
    /// picture is still there, one after another.
    @Test(arguments: ages) func anOutputClockThatIsOld(_ age: (format: String, seconds: Double)) throws {
        let (format, seconds) = age
        let fixture = try LiveFixture()
        let address = "tcp://127.0.0.1:\(try LiveFixture.freePort())"
        var target = OutputConfiguration(address: address)
        target.format = format
        let epoch = monotonicNow() - Int64((seconds - 4) * 1e9)
        let stream = fixture.stream(
            InputConfiguration(.command(LiveFixture.testPicture())), [target], epoch: epoch)
        stream.start()
        // FLV ends where its timestamps do, and begins again.
        var connections: [[Double]] = []
        while connections.joined().count < 150 {
            let source = try VideoSource(address + "?listen=1")
            var times: [Double] = []
            while connections.joined().count + times.count < 150, let item = try source.next() {
                guard case .frame(let frame) = item else { continue }
                times.append(Double(frame.pts) * source.info.timeBase.seconds)
            }
            connections.append(times)
        }
        #expect(stream.stop(by: .now + .seconds(5)))
        expectSettled(stream.status)
        #expect(connections.count == (format == "flv" && seconds > 2_000_000 ? 2 : 1))
        for times in connections {
            for (time, next) in zip(times, times.dropFirst()) {
                // Where a tick was missed it is two steps, where a millisecond is the unit it is a bit less than one.
                #expect(next - time > 0.03 && next - time < 0.2, "\(time), then \(next)")
            }
        }
    }
}
