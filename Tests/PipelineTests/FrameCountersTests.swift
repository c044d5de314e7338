import Pipeline
import Testing

@Suite struct FrameCountersTests {
    @Test func everyFrameIsInExactlyOnePlace() {
        var counters = FrameCounters()
        counters.countDecoded(10)
        counters.countRestyled(4)
        counters.countDropped(.superseded, 3)
        counters.countDropped(.paused)
        #expect(counters.inFlight == 2)
        #expect(counters.agree(holding: 2))
        #expect(!counters.agree(holding: 1))
        counters.countDropped(.shutdown, 2)
        #expect(counters.agree(holding: 0))
        #expect(counters.dropped.total == 6)
    }

    @Test func aFrameThatDoesNotDecodeIsNeverInFlight() {
        var counters = FrameCounters()
        counters.countUndecodable(3)
        #expect(counters.decoded == 3)
        #expect(counters.dropped[.decodeError] == 3)
        #expect(counters.agree(holding: 0))
    }

    @Test func countingTwiceShows() {
        var counters = FrameCounters()
        counters.countDecoded()
        counters.countRestyled()
        counters.countDropped(.rate)
        #expect(counters.inFlight == -1)
        #expect(!counters.agree(holding: 0))
    }

    @Test func causesKeepTheirPublishedNames() {
        #expect(
            DropCause.allCases.map(\.rawValue) == [
                "rate", "superseded", "paused", "decode_error", "inference_error", "discontinuity", "shutdown",
            ])
        #expect(OutputDropCause.allCases.map(\.rawValue) == ["output_down", "queue_full"])
    }

    @Test func everyTickOfAnOutputIsWrittenRepeatedOrDropped() {
        var counters = OutputCounters()
        for _ in 0..<8 { counters.countOffered() }
        counters.countWritten(isRepeat: false)
        counters.countWritten(isRepeat: true)
        counters.countDropped(.outputDown, 4)
        counters.countDropped(.queueFull)
        #expect(counters.queued == 1)
        #expect(counters.agree(holding: 1))
        #expect(counters.dropped.all.map(\.count) == [4, 1])
    }

    @Test func equalCountersAreEqualHoweverTheyCameAbout() {
        var a = FrameCounters()
        var b = FrameCounters()
        a.countDecoded()
        a.countDropped(.rate)
        b.countDecoded()
        b.countDropped(.paused, 0)
        b.countDropped(.rate)
        #expect(a == b)
    }
}
