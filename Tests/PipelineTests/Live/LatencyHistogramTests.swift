import Basics
import Testing

@testable import Pipeline

@Suite struct LatencyHistogramTests {
    @Test func quantilesAreWithinABucketOfTheTrueOnes() throws {
        var histogram = LatencyHistogram()
        for value in 1...10_000 as ClosedRange<Int64> { histogram.record(value * 1_000) }
        for (quantile, truth) in [(0.5, 5_000_000.0), (0.95, 9_500_000), (0.99, 9_900_000)] {
            let found = Double(try #require(histogram.quantile(quantile)).inNanoseconds)
            #expect(abs(found / truth - 1) <= 0.016)
        }
        #expect(histogram.count == 10_000)
        #expect(histogram.longest == 10_000_000)
        #expect(histogram.total == .nanoseconds(50_005_000_000))
    }

    @Test func smallDurationsAreExact() {
        for value in 0..<64 as Range<Int64> {
            var histogram = LatencyHistogram()
            histogram.record(value)
            #expect(histogram.quantile(0.5) == .nanoseconds(value))
        }
    }

    @Test func theExtremesHaveTheirBuckets() throws {
        var histogram = LatencyHistogram()
        histogram.record(-5)
        #expect(histogram.quantile(1) == .zero)
        histogram.record(.max)
        #expect(Double(try #require(histogram.quantile(1)).inNanoseconds) / Double(Int64.max) > 0.98)
    }

    @Test func thePastFades() throws {
        var histogram = LatencyHistogram()
        for _ in 0..<100_000 { histogram.record(1_000_000) }
        for _ in 0..<100_000 { histogram.record(9_000_000) }
        #expect(abs(Double(try #require(histogram.quantile(0.5)).inNanoseconds) / 9e6 - 1) <= 0.016)
        #expect(histogram.count == 200_000)
    }

    @Test func emptyHasNoQuantile() { #expect(LatencyHistogram().quantile(0.5) == nil) }
}
