import Basics
import CFFmpeg

/// An exact fraction: a time base, a frame rate, an aspect ratio, or a time in seconds. Always in lowest terms with
/// a positive denominator.
package struct Rational: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let numerator: Int64
    package let denominator: Int64

    package static let zero = Rational(0)
    package static let one = Rational(1)

    package init(_ whole: Int64) { (numerator, denominator) = (whole, 1) }

    /// - Precondition: the denominator is not zero.
    package init(_ numerator: Int64, _ denominator: Int64) {
        precondition(denominator != 0, "a fraction of zero parts")
        self.init(wide: Int128(numerator), Int128(denominator))
    }

    /// Reduces; where even the reduced terms need more than 64 bits both are halved until they fit.
    private init(wide numerator: Int128, _ denominator: Int128) {
        var (a, b) = (numerator.magnitude, denominator.magnitude)
        while b != 0 { (a, b) = (b, a % b) }
        let divisor = Int128(max(a, 1)) * (denominator < 0 ? -1 : 1)
        var (n, d) = (numerator / divisor, denominator / divisor)
        while n.magnitude > Int128.Magnitude(Int64.max) || d > Int128(Int64.max) { (n, d) = (n / 2, max(d / 2, 1)) }
        (self.numerator, self.denominator) = (Int64(n), Int64(d))
    }

    /// Seconds, to the nanosecond.
    package init(_ duration: Duration) { self.init(duration.inNanoseconds, 1_000_000_000) }

    init(_ value: AVRational) { self.init(Int64(value.num), value.den == 0 ? 1 : Int64(value.den)) }

    /// FFmpeg's 32-bit fraction, rounded if it must be.
    var av: AVRational {
        var (n, d) = (Int32(0), Int32(1))
        av_reduce(&n, &d, numerator, denominator, Int64(Int32.max))
        return AVRational(num: n, den: d)
    }

    package var seconds: Double { Double(numerator) / Double(denominator) }
    package var reciprocal: Rational { numerator == 0 ? .zero : Rational(denominator, numerator) }
    package var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }

    package static func < (a: Rational, b: Rational) -> Bool {
        Int128(a.numerator) * Int128(b.denominator) < Int128(b.numerator) * Int128(a.denominator)
    }
    package static func + (a: Rational, b: Rational) -> Rational {
        Rational(
            wide: Int128(a.numerator) * Int128(b.denominator) + Int128(b.numerator) * Int128(a.denominator),
            Int128(a.denominator) * Int128(b.denominator))
    }
    package static func - (a: Rational, b: Rational) -> Rational { a + Rational(-b.numerator, b.denominator) }
    package static func * (a: Rational, b: Rational) -> Rational {
        Rational(
            wide: Int128(a.numerator) * Int128(b.numerator), Int128(a.denominator) * Int128(b.denominator))
    }
    package static func / (a: Rational, b: Rational) -> Rational { a * b.reciprocal }

    /// How many whole `unit`s this time is, rounded to the nearest, halves upwards; `unit` is a time base.
    package func ticks(of unit: Rational) -> Int64 {
        let n = Int128(numerator) * Int128(unit.denominator)
        let d = Int128(denominator) * Int128(unit.numerator)
        guard d != 0 else { return 0 }
        // floor((2n + d) / 2d)
        let (top, bottom) = (2 * n + d, 2 * d)
        let quotient = top / bottom
        let floored = top % bottom < 0 ? quotient - 1 : quotient
        return Int64(clamping: floored)
    }
}

extension Int64 {
    /// This many `timeBase`s as exact seconds.
    func seconds(in timeBase: Rational) -> Rational { Rational(self) * timeBase }

    /// Rescales a timestamp between time bases, to the nearest; an unknown one stays unknown.
    func rescaled(from: Rational, to: Rational) -> Int64 {
        self == noTimestamp || from == to ? self : (Rational(self) * from).ticks(of: to)
    }
}
