import Testing

@testable import Pipeline

private let second: Int64 = 1_000_000_000

@Suite struct ReconnectLadderTests {
    @Test func oneSecondFiveTimesThenUpToTen() {
        var ladder = ReconnectLadder()
        let delays = (0..<12).map { _ in ladder.failed(at: 0) / second }
        #expect(delays == [1, 1, 1, 1, 1, 2, 4, 8, 10, 10, 10, 10])
    }

    @Test func aConnectionThatHeldStartsAnew() {
        var ladder = ReconnectLadder()
        for _ in 0..<9 { _ = ladder.failed(at: 0) }
        ladder.opened(at: 100 * second)
        #expect(ladder.failed(at: 110 * second) == 111 * second)
        #expect(ladder.failures == 1)
    }

    @Test func aConnectionThatBreaksAtOnceDoesNot() {
        var ladder = ReconnectLadder()
        for _ in 0..<9 { _ = ladder.failed(at: 0) }
        ladder.opened(at: 100 * second)
        #expect(ladder.failed(at: 101 * second) == 111 * second)
    }

    @Test func yearsOfFailureStayAtTenSeconds() {
        var ladder = ReconnectLadder()
        for _ in 0..<1_000_000 { _ = ladder.failed(at: 0) }
        #expect(ladder.failed(at: 5) == 5 + 10 * second)
    }
}
