import Basics
import Media
import Settings
import Synchronization
import Testing

@testable import Pipeline

private let oneSecond: Int64 = 1_000_000_000

/// New settings are computed beside the stream: neither its frames nor those of others on the same model wait for them.
@Suite(.serialized) struct SettingsBesideTheStreamTests {
    @Test func aSlowPromptHoldsUpNoFrameOfAnyStream() throws {
        let turn = ModelTurn()
        let fixtures = [try LiveFixture(), try LiveFixture()]
        // A prompt takes longer than the whole test would if a frame waited for each.
        let restylers = [InvertingRestyler(preparing: 1000), InvertingRestyler()]
        let streams = zip(fixtures, restylers).map { fixture, restyler in
            fixture.stream(
                InputConfiguration(.command(LiveFixture.testPicture())),
                [OutputConfiguration(address: fixture.path("out.mkv"))],
                restyler: restyler, turn: turn)
        }
        for stream in streams { stream.start() }
        for stream in streams { try LiveFixture.wait(20, for: stream) { $0.counters.restyled >= 1 } }
        let before = streams.map { $0.status.counters.restyled }
        let prepared = restylers[0].prepared.load(ordering: .relaxed)
        let began = monotonicNow()
        for change in 0..<20 {
            try fixtures[0].set("prompt", "prompt \(change)")
            try LiveFixture.wait(5, for: streams[0]) { $0.counters.restyled >= before[0] + 3 * Int64(change + 1) }
        }
        let seconds = Double(monotonicNow() - began) / 1e9
        // Of 20 prompts most were superseded before their turn came.
        let count = restylers[0].prepared.load(ordering: .relaxed) - prepared
        #expect(Double(count) <= seconds + 1)
        #expect(seconds < 10)
        #expect(streams[1].status.counters.restyled - before[1] >= 40)
        let threads = restylers[0].threads.withLock { $0 }
        #expect(threads.preparing.isDisjoint(with: threads.restyling))
        #expect(threads.preparing.count == 1 && threads.restyling.count == 1)
        for stream in streams { #expect(stream.stop(by: .now + .seconds(5))) }
    }

    @Test func theModelsTurnIsFreeWhileSettingsAreComputed() throws {
        let turn = ModelTurn()
        let restyler = InvertingRestyler(preparing: 3000)
        let fixture = try LiveFixture()
        let stream = fixture.stream(
            InputConfiguration(.command(LiveFixture.testPicture())),
            [OutputConfiguration(address: fixture.path("out.mkv"))],
            restyler: restyler, turn: turn)
        stream.start()
        try LiveFixture.wait(10, for: stream) { _ in restyler.threads.withLock { !$0.preparing.isEmpty } }
        let began = monotonicNow()
        turn.during(fixture) {}
        #expect(monotonicNow() - began < oneSecond / 2)
        #expect(stream.status.counters.restyled == 0)
        // Stopped before its first settings are there: the frame that waits for them is given up.
        #expect(stream.stop(by: .now + .seconds(5)))
        #expect(stream.status.countersAgree && stream.status.counters.inFlight == 0)
        #expect(stream.status.counters.dropped[.inferenceError] == 0)
    }

    @Test func aFrameIsMadeWithAllOfAChangeOrNone() throws {
        let restyler = InvertingRestyler()
        let preparer = SettingsPreparer(restyler)
        let worker = Worker("settings") { preparer.run() }
        var transition = Transition(StreamSettings())
        let first = transition.snapshot(at: .now)
        #expect(try preparer.inForce(for: first) == first)
        var change = SettingsChange()
        try change.set("prompt", parsing: "snow")
        try change.set("blend", parsing: "0.5")
        transition.apply(change, over: .zero, at: .now)
        let second = transition.snapshot(at: .now)
        var seen: [SettingsSnapshot] = []
        while seen.last != second, seen.count < 1_000_000 { seen.append(try preparer.inForce(for: second)) }
        #expect(seen.last == second)
        #expect(seen.allSatisfy { $0 == first || $0 == second })
        // Blend alone needs no preparation.
        var blend = SettingsChange()
        try blend.set("blend", parsing: "0.7")
        transition.apply(blend, over: .zero, at: .now)
        let third = transition.snapshot(at: .now)
        #expect(try preparer.inForce(for: third) == third)
        preparer.stop()
        #expect(worker.join(until: monotonicNow() + 5 * oneSecond))
    }
}
