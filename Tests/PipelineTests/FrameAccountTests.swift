import Pipeline
import Testing

@Suite struct FrameAccountTests {
    @Test func everyFrameIsInExactlyOnePlace() {
        var account = FrameAccount()
        account.decode(10)
        account.restyle(4)
        account.drop(.superseded, 3)
        account.drop(.paused)
        #expect(account.inFlight == 2)
        #expect(account.balances(holding: 2))
        #expect(!account.balances(holding: 1))
        account.drop(.shutdown, 2)
        #expect(account.balances(holding: 0))
        #expect(account.dropped.total == 6)
    }

    @Test func aFrameThatDoesNotDecodeIsNeverInFlight() {
        var account = FrameAccount()
        account.failToDecode(3)
        #expect(account.decoded == 3)
        #expect(account.dropped[.decodeError] == 3)
        #expect(account.balances(holding: 0))
    }

    @Test func countingTwiceShows() {
        var account = FrameAccount()
        account.decode()
        account.restyle()
        account.drop(.late)
        #expect(account.inFlight == -1)
        #expect(!account.balances(holding: 0))
    }

    @Test func causesKeepTheirPublishedNames() {
        #expect(
            DropCause.allCases.map(\.rawValue) == [
                "late", "rate", "queue_full", "superseded", "seek", "paused", "decode_error", "inference_error",
                "discontinuity", "shutdown",
            ])
        #expect(OutputDropCause.allCases.map(\.rawValue) == ["output_down", "queue_full"])
    }

    @Test func everyTickOfAnOutputIsWrittenRepeatedOrDropped() {
        var account = OutputAccount()
        for _ in 0..<8 { account.offer() }
        account.write(isRepeat: false)
        account.write(isRepeat: true)
        account.drop(.outputDown, 4)
        account.drop(.queueFull)
        #expect(account.queued == 1)
        #expect(account.balances(holding: 1))
        #expect(account.dropped.all.map(\.count) == [4, 1])
    }

    @Test func equalBooksAreEqualHoweverTheyCameAbout() {
        var a = FrameAccount()
        var b = FrameAccount()
        a.decode()
        a.drop(.late)
        b.decode()
        b.drop(.seek, 0)
        b.drop(.late)
        #expect(a == b)
    }
}
