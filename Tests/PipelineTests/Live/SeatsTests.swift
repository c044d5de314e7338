import Testing

@testable import Pipeline

private let ms: Int64 = 1_000_000

/// The seats and the re-order window by themselves, on a virtual clock. A picture is the number of its frame.
@Suite struct SeatsTests {
    /// Seats whose frames took this long so far, ms.
    private func seats(_ durations: Int64...) -> Seats<Int> {
        var seats = Seats<Int>(count: durations.count)
        for (seat, duration) in durations.enumerated() {
            let begun = Int64(-1000) * ms
            seats.begin(seat, at: begun)
            #expect(seats.finish(seat, -1, at: begun + duration * ms) == .restyled)
            _ = seats.next(at: begun + duration * ms)
            _ = seats.tick(at: -1)
        }
        return seats
    }

    @Test func oneSeatGivesEveryPictureAtOnce() {
        var seats = Seats<Int>(count: 1)
        for frame in 0..<10 {
            let now = Int64(frame) * 50 * ms
            #expect(seats.mayBegin(0, at: now))
            seats.begin(0, at: now)
            #expect(!seats.mayBegin(0, at: now) && seats.busy == 1)
            #expect(seats.finish(0, frame, at: now + 40 * ms) == .restyled)
            // Also where the last one has not been shown: the newest wins.
            #expect(seats.next(at: now + 40 * ms) == frame)
        }
        #expect(seats.tick(at: 1000 * ms) == nil)
        #expect(seats.seats[0].restyled == 10 && seats.busy == 0)
    }

    @Test func aPictureWaitsForTheOneBeforeItAndComesOutATickLater() {
        var seats = seats(40, 60)
        seats.begin(1, at: 0)
        seats.begin(0, at: 10 * ms)
        #expect(seats.finish(0, 2, at: 50 * ms) == .restyled)
        #expect(seats.next(at: 50 * ms) == nil && seats.tick(at: 55 * ms) == nil)
        #expect(seats.finish(1, 1, at: 60 * ms) == .restyled)
        #expect(seats.next(at: 60 * ms) == 1)
        // At this tick the first is shown, at the next one the second.
        #expect(seats.tick(at: 66 * ms) == nil)
        #expect(seats.tick(at: 100 * ms) == 2)
        #expect(seats.tick(at: 133 * ms) == nil)
    }

    @Test func picturesOfOneTickAreShownAtTwo() {
        var seats = seats(40, 45)
        seats.begin(0, at: 0)
        seats.begin(1, at: 0)
        #expect(seats.finish(0, 1, at: 40 * ms) == .restyled && seats.next(at: 40 * ms) == 1)
        #expect(seats.finish(1, 2, at: 45 * ms) == .restyled && seats.next(at: 45 * ms) == nil)
        #expect(seats.tick(at: 66 * ms) == nil && seats.tick(at: 100 * ms) == 2)
    }

    @Test func aFrameThatIsLateIsSuperseded() {
        var seats = seats(40, 60)
        seats.begin(1, at: 0)
        seats.begin(0, at: 10 * ms)
        #expect(seats.finish(0, 2, at: 50 * ms) == .restyled)
        // It waits as long as it took itself, and no longer.
        #expect(seats.tick(at: 89 * ms) == nil)
        #expect(seats.tick(at: 90 * ms) == 2)
        #expect(seats.finish(1, 1, at: 95 * ms) == .superseded)
        #expect(seats.next(at: 95 * ms) == nil)
        #expect(seats.seats.map(\.restyled) == [2, 1])
    }

    @Test func nothingWaitsForADeviceThatIsMuchSlower() {
        var seats = seats(40, 900)
        seats.begin(1, at: 0)
        seats.begin(0, at: 10 * ms)
        #expect(seats.finish(0, 2, at: 50 * ms) == .restyled)
        #expect(seats.next(at: 50 * ms) == 2)
    }

    @Test func theFastestFreeSeatTakesTheFrame() {
        var seats = seats(40, 60)
        #expect(seats.mayBegin(0, at: 0) && !seats.mayBegin(1, at: 0))
        seats.begin(0, at: 0)
        #expect(seats.mayBegin(1, at: 0) && seats.hasFree(at: 0))
        seats.begin(1, at: 0)
        #expect(!seats.hasFree(at: 0) && seats.busy == 2)
        #expect(seats.isLikelyFree(at: 40 * ms) && !seats.isLikelyFree(at: 39 * ms))
    }

    @Test func aSeatThatFailsRestsAndALostOneIsGone() {
        var seats = seats(40, 40)
        seats.begin(0, at: 0)
        #expect(seats.fail(0, at: 5 * ms) == true)
        #expect(!seats.mayBegin(0, at: 6 * ms) && seats.mayBegin(1, at: 6 * ms))
        #expect(seats.endOfRest(0) == 5 * ms + Seats<Int>.rest)
        #expect(seats.isFree(0, at: 5 * ms + Seats<Int>.rest))
        seats.begin(1, at: 6 * ms)
        #expect(seats.fail(1, at: 7 * ms) == true)
        #expect(seats.lose(1) == 1)
        #expect(!seats.isFree(1, at: 9000 * ms))
        // The last one goes on, whatever it does.
        seats.begin(0, at: 9000 * ms)
        #expect(seats.fail(0, at: 9001 * ms) && seats.lose(0) == 0)
        #expect(seats.mayBegin(0, at: 9001 * ms))
    }

    @Test func whatIsGivenUpIsCountedOnce() {
        var seats = seats(40, 40)
        seats.begin(0, at: 0)
        seats.begin(1, at: 0)
        #expect(seats.abandonAll() == 2)
        #expect(seats.busy == 0 && seats.abandonAll() == 0)
        #expect(seats.finish(0, 1, at: ms) == .abandoned && !seats.fail(1, at: ms))
    }

    /// Seats of random speeds: pictures come out in order, and each frame ends in one way.
    @Test(arguments: UInt64(0)..<20) func alwaysInOrder(_ seed: UInt64) {
        var random = SeededRandom(seed)
        let count = Int.random(in: 1...4, using: &random)
        var seats = Seats<Int>(count: count)
        var ends = [Int64?](repeating: nil, count: count)
        var (frames, counted, shown) = ([Int](repeating: -1, count: count), 0, [Int]())
        var begun = 0
        for step in 0..<5000 {
            let now = Int64(step) * ms
            for seat in 0..<count {
                if let end = ends[seat], end <= now {
                    ends[seat] = nil
                    counted += 1
                    if Int.random(in: 0..<50, using: &random) == 0 {
                        #expect(seats.fail(seat, at: now) == true)
                    } else if seats.finish(seat, frames[seat], at: now) == .restyled {
                        if let next = seats.next(at: now) { shown.append(next) }
                    }
                }
                if ends[seat] == nil, step % 5 == 0, seats.mayBegin(seat, at: now) {
                    seats.begin(seat, at: now)
                    (frames[seat], ends[seat]) = (begun, now + Int64.random(in: 5...120, using: &random) * ms)
                    begun += 1
                }
            }
            if step % 33 == 0, let next = seats.tick(at: now) { shown.append(next) }
            #expect(counted + seats.busy == begun)
        }
        #expect(shown == shown.sorted() && Set(shown).count == shown.count)
        #expect(shown.count > 30)
    }
}

/// The same for a recorded film's work, where nothing may be lost.
@Suite struct OrderedWorkTests {
    private func value<Value>(_ answer: OrderedWork<Int, Int>.Answer<Value>) -> Value? {
        if case .ready(let value) = answer { value } else { nil }
    }
    private func isEnd<Value>(_ answer: OrderedWork<Int, Int>.Answer<Value>) -> Bool {
        if case .end = answer { true } else { false }
    }

    @Test func productsComeInTheOrderOfTheWork() throws {
        var order = OrderedWork<Int, Int>(capacity: 4)
        for work in 0..<2 { #expect(value(order.put(work)) != nil) }
        #expect(value(order.put(product: 200)) != nil && value(order.put(3)) != nil)
        #expect(value(order.put(4)) == nil)
        let pieces = try (0..<3).map { _ in try #require(value(order.take())) }
        #expect(pieces.map(\.work) == [0, 1, 3])
        order.finish(pieces[2], 300)
        order.finish(pieces[1], 100)
        #expect(value(order.next()) == nil)
        order.finish(pieces[0], 0)
        var products: [Int] = []
        while let product = value(order.next()) { products.append(product) }
        #expect(products == [0, 100, 200, 300])
        order.finish()
        #expect(isEnd(order.next()) && isEnd(order.take()) && isEnd(order.put(5)))
    }

    @Test func whatIsGivenBackIsNextAndAwaitedAtTheEnd() throws {
        var order = OrderedWork<Int, Int>(capacity: 4)
        for work in 0..<3 { #expect(value(order.put(work)) != nil) }
        order.finish()
        let (first, second) = (try #require(value(order.take())), try #require(value(order.take())))
        order.finish(second, 10)
        let third = try #require(value(order.take()))
        order.finish(third, 20)
        // Another seat waits here: the first piece may still come back.
        #expect(!isEnd(order.take()) && !isEnd(order.next()))
        #expect(order.giveBack(first) == true)
        let again = try #require(value(order.take()))
        #expect(again.work == 0)
        order.finish(again, 0)
        var products: [Int] = []
        while let product = value(order.next()) { products.append(product) }
        #expect(products == [0, 10, 20])
        #expect(isEnd(order.next()) && isEnd(order.take()))
    }

    @Test func whatFailsEndsItAfterTheProductsBeforeIt() throws {
        var order = OrderedWork<Int, Int>(capacity: 6)
        for work in 0..<5 { #expect(value(order.put(work)) != nil) }
        let pieces = try (0..<3).map { _ in try #require(value(order.take())) }
        order.finish(pieces[0], 0)
        #expect(order.fail(pieces[1]) == [3, 4])
        #expect(isEnd(order.put(9)) && isEnd(order.take()))
        #expect(value(order.next()) == 0 && !isEnd(order.next()))
        #expect(order.giveBack(pieces[2]) == false)
        #expect(isEnd(order.next()))
    }
}
