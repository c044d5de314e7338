import Basics

/// Frames a second of an output: the source's own, or a ratio such as 30000/1001.
package enum FrameRate: Sendable, Hashable, CustomStringConvertible {
    /// Every frame keeps its timestamp.
    case source
    /// In lowest terms, above 0, at most `maximum`.
    case constant(numerator: Int32, denominator: Int32)

    package static let maximum = 1000

    /// Nil when it is not above 0 and at most `maximum`, or does not fit FFmpeg's 32-bit ratios.
    package init?(numerator: Int64, denominator: Int64) {
        guard numerator > 0, denominator > 0 else { return nil }
        var (a, b) = (numerator, denominator)
        while b != 0 { (a, b) = (b, a % b) }
        guard let top = Int32(exactly: numerator / a), let bottom = Int32(exactly: denominator / a),
            Int64(top) <= Int64(FrameRate.maximum) * Int64(bottom)
        else { return nil }
        self = .constant(numerator: top, denominator: bottom)
    }

    /// Reads `source`, `30`, `29.97` or `30000/1001`; nil for anything else. 29.97 and 23.976 mean NTSC's 30000/1001 and
    /// 24000/1001, as everywhere in FFmpeg's world.
    package init?(parsing text: String) {
        let text = text.trimmingWhitespace()
        if text == "source" {
            self = .source
            return
        }
        let digits = { (part: Substring) -> Int64? in
            part.count <= 9 && part.allSatisfy { $0.isASCII && $0.isNumber } ? Int64(part) : nil
        }
        if let slash = text.firstIndex(of: "/") {
            guard let numerator = digits(text[..<slash]), let denominator = digits(text[text.index(after: slash)...])
            else { return nil }
            self.init(numerator: numerator, denominator: denominator)
            return
        }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        guard fraction.count <= 6, parts.count == 1 || !fraction.isEmpty, let whole = digits(parts[0]),
            let part = fraction.isEmpty ? 0 : digits(fraction)
        else { return nil }
        var scale: Int64 = 1
        for _ in fraction { scale *= 10 }
        let rate = Double(whole * scale + part) / Double(scale)
        for base: Int64 in [24, 30, 48, 60, 120] where !fraction.isEmpty && abs(rate - Double(base) / 1.001) < 0.005 {
            self.init(numerator: base * 1000, denominator: 1001)
            return
        }
        self.init(numerator: whole * scale + part, denominator: scale)
    }

    package var framesPerSecond: Double? {
        switch self {
        case .source: nil
        case .constant(let numerator, let denominator): Double(numerator) / Double(denominator)
        }
    }

    package var description: String {
        switch self {
        case .source: "source"
        case .constant(let numerator, 1): "\(numerator)"
        case .constant(let numerator, let denominator): "\(numerator)/\(denominator)"
        }
    }
}
