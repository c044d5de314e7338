import Testing

@testable import Control

@Suite struct TokenBucketTests {
    @Test func aBurstThenTheRate() {
        var bucket = TokenBucket(perSecond: 100, capacity: 10, now: 0)
        var (now, taken) = (Int64(0), 0)
        while now < 1_000_000_000 {
            if let delay = bucket.delay(at: now) {
                now += delay
            } else {
                bucket.take()
                taken += 1
            }
        }
        #expect((109...111).contains(taken))
    }

    @Test func restingFillsItNoFurtherThanItsCapacity() {
        var bucket = TokenBucket(perSecond: 100, capacity: 10, now: 0)
        let late = Int64(3600) * 1_000_000_000
        for _ in 0..<10 {
            #expect(bucket.delay(at: late) == nil)
            bucket.take()
        }
        #expect(bucket.delay(at: late) == 10_000_000)
        #expect(bucket.delay(at: 0) == 10_000_000, "a clock that goes back fills nothing")
    }
}
