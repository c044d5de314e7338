import Testing

@testable import Pipeline

private let second: Int64 = 1_000_000_000
private let frame: Int64 = 33_333_333

@Suite struct TimestampMapperTests {
    @Test func keepsTheSourcesOwnSpacingThroughJitter() {
        var mapper = TimestampMapper()
        for n in 0..<300 as Range<Int64> {
            let jitter = n % 3 * 5_000_000
            let mapped = mapper.map(90 * second + n * frame, arrival: 1000 * second + n * frame + (n == 0 ? 0 : jitter))
            #expect(mapped == .init(time: 1000 * second + n * frame, isDiscontinuity: false))
        }
    }

    @Test(arguments: [-5000 * second, -3 * second, 3 * second, .max / 2, -.max / 2] as [Int64])
    func aJumpIsAnchoredAnew(jump: Int64) {
        var mapper = TimestampMapper()
        for n in 0..<10 as Range<Int64> { _ = mapper.map(n * frame, arrival: n * frame) }
        let first = mapper.map(jump, arrival: 10 * frame)
        #expect(first == .init(time: 10 * frame, isDiscontinuity: true))
        let next = mapper.map(jump + frame, arrival: 11 * frame)
        #expect(next == .init(time: 11 * frame, isDiscontinuity: false))
    }

    @Test func aMissingTimestampIsItsArrival() {
        var mapper = TimestampMapper()
        #expect(mapper.map(nil, arrival: 5).time == 5)
        #expect(mapper.map(Int64.min, arrival: 6).time == 6)
        #expect(mapper.map(Int64.max, arrival: Int64.max).time == Int64.max)
    }

    /// 100 ppm for a day is 8.6 s, four times the tolerance.
    @Test(arguments: [100, -100] as [Int64])
    func followsAClockThatRunsWrong(partsPerMillion: Int64) {
        var mapper = TimestampMapper()
        var jumps = 0
        for n in 0..<86_400 as Range<Int64> {
            let mapped = mapper.map(n * second + n * partsPerMillion * 1000, arrival: n * second)
            if mapped.isDiscontinuity { jumps += 1 }
            #expect(abs(mapped.time - n * second) < 20_000_000)
        }
        #expect(jumps == 0)
    }
}

@Suite struct AudioDelayTests {
    @Test func staysUntilTheDifferenceIsHeard() {
        var audio = AudioDelay()
        audio.follow(44_000_000)
        #expect(audio.delay == 0)
        audio.follow(500_000_000)
        #expect(audio.place(0) == 500_000_000)
        audio.follow(520_000_000)
        #expect(audio.place(21_333_333) == 521_333_333)
    }

    @Test func neverGoesBack() {
        var audio = AudioDelay()
        audio.follow(second)
        #expect(audio.place(0) == second)
        audio.follow(0)
        #expect(audio.place(20_000_000) == nil)
        #expect(audio.place(second) == nil)
        #expect(audio.place(second + 1) == second + 1)
    }
}
