import Testing

@testable import Pipeline

private let second: Int64 = 1_000_000_000

@Suite struct ReconnectBackoffTests {
    @Test func oneSecondFiveTimesThenUpToFive() {
        var backoff = ReconnectBackoff()
        let delays = (0..<12).map { _ in backoff.failed(at: 0) / second }
        #expect(delays == [1, 1, 1, 1, 1, 2, 4, 5, 5, 5, 5, 5])
    }

    @Test func aConnectionThatHeldStartsAnew() {
        var backoff = ReconnectBackoff()
        for _ in 0..<9 { _ = backoff.failed(at: 0) }
        backoff.opened(at: 100 * second)
        #expect(backoff.failed(at: 110 * second) == 111 * second)
        #expect(backoff.failures == 1)
    }

    @Test func aConnectionThatBreaksAtOnceDoesNot() {
        var backoff = ReconnectBackoff()
        for _ in 0..<9 { _ = backoff.failed(at: 0) }
        backoff.opened(at: 100 * second)
        #expect(backoff.failed(at: 101 * second) == 106 * second)
    }

    @Test func yearsOfFailureStayAtFiveSeconds() {
        var backoff = ReconnectBackoff()
        for _ in 0..<1_000_000 { _ = backoff.failed(at: 0) }
        #expect(backoff.failed(at: 5) == 5 + 5 * second)
    }
}
