import Testing

@testable import Pipeline

@Suite struct TurnQueueTests {
    @Test func busyStreamsTakeTurns() {
        var queue = TurnQueue<String>()
        var order: [String] = []
        var turn = queue.request("a")
        #expect(turn)
        turn = queue.request("b")
        #expect(!turn)
        turn = queue.request("c")
        #expect(!turn)
        for _ in 0..<9 {
            guard let holder = queue.holder else { break }
            order.append(holder)
            _ = queue.release(holder)
            _ = queue.request(holder)
        }
        #expect(order == ["a", "b", "c", "a", "b", "c", "a", "b", "c"])
    }

    @Test func aMailboxKeepsTheNewest() {
        var mailbox = Mailbox<Int>()
        let superseded = (1...5).map { mailbox.put($0) }
        #expect(superseded == [nil, 1, 2, 3, 4])
        let taken = mailbox.take()
        #expect(taken == 5)
        #expect(mailbox.isEmpty)
    }
}
