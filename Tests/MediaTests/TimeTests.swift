import Testing

@testable import Media

@Suite struct RationalTests {
    @Test func isReducedAndOrdered() {
        #expect(Rational(6, -4) == Rational(-3, 2))
        #expect(Rational(1, 3) < Rational(34, 100))
        #expect(Rational(1, 3) + Rational(1, 6) == Rational(1, 2))
        #expect(Rational(Int64.max, 3) * Rational(3, Int64.max) == .one)
    }

    @Test func ticksRoundToNearest() {
        #expect(Rational(1, 2).ticks(of: .one) == 1)
        #expect(Rational(-1, 2).ticks(of: .one) == 0)
        #expect(Rational(-3, 4).ticks(of: .one) == -1)
        #expect(Rational(1001, 30000).ticks(of: Rational(1, 90000)) == 3003)
        #expect(Int64(1 << 40).rescaled(from: Rational(1, 90000), to: Rational(1, 1000)) == 12_216_795_864)
    }
}

@Suite struct FrameRateConverterTests {
    /// The ticks of each frame, all frames at multiples of a step.
    private func ticks(_ pts: [Int64], _ timeBase: Rational, _ rate: Rational, last: Int64) -> [Range<Int64>] {
        var converter = FrameRateConverter<Int>(rate: rate, timeBase: timeBase)
        var shown = pts.enumerated().compactMap { converter.push($0, pts: $1, duration: last) }
        if let end = converter.finish() { shown.append(end) }
        #expect(shown.map(\.element) == Array(pts.indices))
        return shown.map(\.ticks)
    }

    @Test func sameRateShowsEachOnce() {
        #expect(ticks([0, 1, 2, 3], Rational(1, 30), Rational(30), last: 1) == [0..<1, 1..<2, 2..<3, 3..<4])
    }

    @Test func halfRateDropsEverySecond() {
        let shown = ticks([0, 1, 2, 3, 4, 5], Rational(1, 60), Rational(30), last: 1)
        #expect(shown.map(\.count).reduce(0, +) == 3)
        #expect(shown.filter { !$0.isEmpty }.count == 3)
    }

    @Test func doubleRateShowsEachTwice() {
        #expect(ticks([0, 1, 2], Rational(1, 30), Rational(60), last: 1) == [0..<2, 2..<4, 4..<6])
    }

    @Test func variableRateFillsGaps() {
        #expect(ticks([0, 10, 500], Rational(1, 1000), Rational(10), last: 100) == [0..<0, 0..<5, 5..<6])
    }

    @Test func lateStartKeepsItsPlace() {
        #expect(ticks([500], Rational(1, 1000), Rational(10), last: 100) == [5..<6])
    }

    /// Ten days of NTSC to 30 frames a second: no tick lost or shown twice, and no drift.
    @Test func neverDrifts() {
        var converter = FrameRateConverter<Int64>(rate: Rational(30), timeBase: Rational(1, 90000))
        let far: Int64 = 10 * 86400 * 90000
        _ = converter.push(0, pts: far, duration: 3003)
        var expected: Int64?
        for i in Int64(1)...10_000 {
            guard let shown = converter.push(i, pts: far + i * 3003, duration: 3003) else { continue }
            #expect(expected == nil || shown.ticks.lowerBound == expected)
            expected = shown.ticks.upperBound
        }
        let end: Int64 = 10 * 86400 * 30 + 10_010
        #expect(expected == end)
    }
}

@Suite struct TimestampTests {
    @Test func missingStampsFollowTheRate() {
        var repair = TimestampRepair(nominalDuration: 40)
        #expect(repair.repair(pts: nil, duration: 0).pts == 0)
        #expect(repair.repair(pts: nil, duration: 0).pts == 40)
        #expect(repair.repair(pts: 100, duration: 20).pts == 100)
        #expect(repair.repair(pts: nil, duration: 0).pts == 120)
    }

    @Test func alwaysRises() {
        var repair = TimestampRepair(nominalDuration: 40)
        let stamps = [0, 40, 40, 30, 80, -5, 120].map { repair.repair(pts: Int64($0), duration: 40).pts }
        #expect(stamps == [0, 40, 41, 42, 80, 81, 120])
    }

    @Test func jumpsAreJoinedForAllStreams() {
        var corrector = DiscontinuityCorrector(mayJumpAhead: true)
        let frame = Rational(1, 25)
        #expect(corrector.offset(forStream: 0, at: Rational(100), duration: frame) == .zero)
        #expect(corrector.offset(forStream: 1, at: Rational(100), duration: frame) == .zero)
        // The clock starts again.
        let offset = corrector.offset(forStream: 0, at: Rational(3), duration: frame)
        #expect(offset == Rational(100) + frame - Rational(3))
        #expect(corrector.offset(forStream: 1, at: Rational(3), duration: frame) == offset)
        #expect(corrector.offset(forStream: 0, at: Rational(3) + frame, duration: frame) == offset)
    }

    @Test func longPicturesAreNoJumps() {
        var corrector = DiscontinuityCorrector(mayJumpAhead: false)
        _ = corrector.offset(forStream: 0, at: .zero, duration: .one)
        #expect(corrector.offset(forStream: 0, at: Rational(600), duration: .one) == .zero)
    }
}

@Suite struct InterleaverTests {
    @Test func releasesWhatIsDueInOrder() {
        var interleaver = Interleaver<Int>()
        for i in 0..<6 { #expect(interleaver.hold(i, due: Rational(Int64(i % 3))) == nil) }
        #expect(interleaver.release(until: Rational(1)) == [0, 1, 3, 4])
        #expect(interleaver.release(until: Rational(1)) == [])
        #expect(interleaver.releaseAll() == [2, 5])
    }

    @Test func isBounded() {
        var interleaver = Interleaver<Int>(capacity: 2)
        #expect(interleaver.hold(0, due: .one) == nil)
        #expect(interleaver.hold(1, due: .one) == nil)
        #expect(interleaver.hold(2, due: .one) == 0)
    }
}

@Suite struct OrientationTests {
    /// 0 1 2 / 3 4 5, one byte a pixel.
    private let picture: [UInt8] = [0, 1, 2, 3, 4, 5]

    private func turned(_ orientation: Orientation) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 6) { out, count in
            picture.withUnsafeBufferPointer {
                orientation.turn($0.baseAddress!, width: 3, height: 2, stride: 3, pixel: 1, into: out.baseAddress!)
            }
            count = 6
        }
    }

    @Test func allEight() {
        #expect(turned(.upright) == [0, 1, 2, 3, 4, 5])
        #expect(turned(Orientation(a: -1, b: 0, c: 0, d: -1)) == [5, 4, 3, 2, 1, 0])
        #expect(turned(Orientation(a: -1, b: 0, c: 0, d: 1)) == [2, 1, 0, 5, 4, 3])
        #expect(turned(Orientation(a: 1, b: 0, c: 0, d: -1)) == [3, 4, 5, 0, 1, 2])
        // A quarter turn clockwise: what was left comes up.
        #expect(turned(Orientation(a: 0, b: 1, c: -1, d: 0)) == [3, 0, 4, 1, 5, 2])
        #expect(turned(Orientation(a: 0, b: -1, c: 1, d: 0)) == [2, 5, 1, 4, 0, 3])
        #expect(turned(Orientation(a: 0, b: 1, c: 1, d: 0)) == [0, 3, 1, 4, 2, 5])
        #expect(turned(Orientation(a: 0, b: -1, c: -1, d: 0)) == [5, 2, 4, 1, 3, 0])
    }
}
