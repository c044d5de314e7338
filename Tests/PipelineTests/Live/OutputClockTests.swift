import Testing

@testable import Pipeline

private let second: Int64 = 1_000_000_000

@Suite struct OutputClockTests {
    @Test func ntscNeverDrifts() {
        var clock = OutputClock(rate: 30_000, per: 1001, start: 7)
        // 1,001 s hold exactly 30,000 ticks, today and after 100 years.
        for hours in [0, 1, 24 * 365 * 100] as [Int64] {
            let periods = hours * 3600 / 1001
            #expect(clock.deadline(of: periods * 30_000) == 7 + periods * 1001 * second)
        }
        var now: Int64 = 7
        for index in 0..<30_000 as Range<Int64> {
            now = clock.nextDeadline
            #expect(clock.tick(at: now) == .init(index: index, deadline: now, missed: 0))
        }
        #expect(clock.nextDeadline == 7 + 1001 * second)
    }

    @Test func noTickBeforeItsTimeAndNoneTwice() {
        var clock = OutputClock(rate: 30, start: 100)
        #expect(clock.tick(at: 99) == nil)
        #expect(clock.tick(at: 100)?.index == 0)
        #expect(clock.tick(at: 100) == nil)
        #expect(clock.tick(at: 100 + 33_333_332) == nil)
        #expect(clock.tick(at: 100 + 33_333_333)?.index == 1)
    }

    @Test func aStallIsNotMadeUpForByABurst() {
        var clock = OutputClock(rate: 30, start: 0)
        _ = clock.tick(at: 0)
        let late = clock.tick(at: 20 * second + 5_000_000)
        #expect(late == .init(index: 600, deadline: 20 * second, missed: 599))
        #expect(clock.tick(at: 20 * second + 6_000_000) == nil)
        #expect(clock.nextDeadline == 20 * second + 33_333_333)
        #expect(clock.missed == 599)
    }

    @Test func everyIndexIsTickedOrMissedHoweverLateItsReaderIs() {
        var random = SeededRandom(43)
        for (rate, per) in [(24_000, 1001), (30, 1), (60, 1), (144, 1), (1, 10)] as [(Int64, Int64)] {
            var clock = OutputClock(rate: rate, per: per, start: -5 * second)
            var now = -6 * second
            var ticks: Int64 = 0
            var last: Int64 = -1
            for _ in 0..<2000 {
                now += Int64.random(in: 0...(3 * second * per / rate), using: &random)
                guard let tick = clock.tick(at: now) else { continue }
                ticks += 1
                #expect(tick.index == last + 1 + tick.missed)
                #expect(tick.deadline <= now && clock.nextDeadline > now)
                last = tick.index
            }
            #expect(ticks + clock.missed == last + 1)
        }
    }

    /// Where 32-bit milliseconds, 24-bit milliseconds and 33-bit ticks of 90 kHz run over.
    @Test(arguments: [1 << 31, 1 << 24, (1 << 33) / 90, 1 << 32] as [Int64])
    func oldAgeIsNothingSpecial(milliseconds: Int64) {
        let start = milliseconds * 1_000_000 - second
        var clock = OutputClock(rate: 30, start: start)
        for index in 0..<90 as Range<Int64> {
            let now = clock.nextDeadline
            #expect(now == start + index * second / 30)
            #expect(clock.tick(at: now)?.index == index)
        }
    }

    @Test func tickIndicesAreOldToo() {
        let first: Int64 = 30 * 86_400 * 365 * 50
        var clock = OutputClock(rate: 30, start: 0, firstIndex: first)
        #expect(clock.tick(at: 0)?.index == first)
        #expect(clock.tick(at: second)?.index == first + 30)
        #expect(clock.index(at: -1) == first - 1)
    }

    @Test func anotherRateBeginsAtTheNextTick() {
        var clock = OutputClock(rate: 30, start: 0)
        _ = clock.tick(at: 0)
        clock.change(rate: 60)
        #expect(clock.tick(at: 33_333_332) == nil)
        #expect(clock.tick(at: 33_333_333)?.index == 1)
        #expect(clock.tick(at: 33_333_333 + 16_666_666)?.index == 2)
        #expect(clock.missed == 0)
    }

    @Test func theGateLetsOneFrameInForEachTick() {
        let clock = OutputClock(rate: 30, start: 0)
        var gate = RateGate()
        var passed: [Int64] = []
        // A source at 240 frames/s.
        for frame in 0..<240 as Range<Int64> {
            let now = frame * second / 240
            let tick = clock.index(at: now)
            guard gate.isOpen(at: tick) else { continue }
            gate.pass(at: tick)
            passed.append(tick)
        }
        #expect(passed == Array(0..<30))
    }
}
