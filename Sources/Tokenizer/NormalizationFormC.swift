import Foundation

/// Unicode's canonical composition as the `tokenizers` library computes it: the algorithm of Unicode Standard Annex 15
/// with the characters of Unicode 9.
///
/// Written out rather than left to Foundation for two reasons. Characters younger than Unicode 9 must stay as they are,
/// even combining ones. And the standard library's own NFC does not compose a Hangul syllable with a final consonant
/// (U+AC00 U+11A8) nor U+0CCB from its parts, takes U+1176 for a vowel to compose with, and mistakes plane 15's
/// characters for Latin letters (U+F0041 U+0301 becomes Á); its decompositions and combining classes are right, and are
/// used here.
/// https://www.unicode.org/reports/tr15/
enum NormalizationFormC {
    static func normalize(_ scalars: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        // Below U+0300 nothing combines or decomposes into what would be composed differently.
        if scalars.allSatisfy({ $0.value < 0x300 }) { return Array(scalars) }
        var decomposed: [Unicode.Scalar] = []
        for scalar in scalars { decomposed += decomposition(scalar) }
        order(&decomposed)
        return compose(decomposed)
    }

    private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x300 || (scalar.properties.age.map { $0.major <= 9 } ?? false)
    }

    private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
        isKnown(scalar) ? scalar.properties.canonicalCombiningClass.rawValue : 0
    }

    private static func decomposition(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        guard scalar.value >= 0xC0, isKnown(scalar) else { return [scalar] }
        return Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
    }

    /// Sorts each run of combining marks by their classes, keeping the order within a class.
    private static func order(_ scalars: inout [Unicode.Scalar]) {
        let classes = scalars.map(combiningClass)
        var start = 0
        while start < scalars.count {
            guard classes[start] != 0 else {
                start += 1
                continue
            }
            var end = start
            while end < scalars.count, classes[end] != 0 { end += 1 }
            // Ties by position: the standard library's sort does not promise to be stable.
            let run = (start..<end).sorted { (classes[$0], $0) < (classes[$1], $1) }.map { scalars[$0] }
            scalars.replaceSubrange(start..<end, with: run)
            start = end
        }
    }

    private static func compose(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var starter: Int?
        var last: UInt8 = 0
        for scalar in scalars {
            let combiningClass = combiningClass(scalar)
            // Blocked where a mark of the same or a higher class, or another starter, stands between.
            let follows = starter == result.count - 1 || (last != 0 && last < combiningClass)
            if let index = starter, follows, let composite = composite(result[index], scalar) {
                result[index] = composite
                continue
            }
            if combiningClass == 0 { starter = result.count }
            last = combiningClass
            result.append(scalar)
        }
        return result
    }

    private static func composite(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        if let syllable = syllable(first.value, second.value) { return Unicode.Scalar(syllable) }
        if (first, second) == ("\u{CCA}", "\u{CD5}") { return "\u{CCB}" }
        // No composite has a second half below U+0300, and Hangul was dealt with.
        guard second.value >= 0x300, isKnown(first), isKnown(second), !(0x1100..<0x1200).contains(second.value) else {
            return nil
        }
        var pair = String.UnicodeScalarView()
        pair.append(first)
        pair.append(second)
        let composed = String(pair).precomposedStringWithCanonicalMapping.unicodeScalars
        guard composed.count == 1, let scalar = composed.first, isKnown(scalar) else { return nil }
        // The proof against composites made from the wrong plane's characters.
        var parts = decomposition(first) + decomposition(second)
        order(&parts)
        return parts == decomposition(scalar) ? scalar : nil
    }

    /// Hangul syllables are composed by arithmetic: The Unicode Standard, section 3.12.
    private static func syllable(_ first: UInt32, _ second: UInt32) -> UInt32? {
        let finals: UInt32 = 28
        if (0x1100..<0x1113).contains(first), (0x1161..<0x1176).contains(second) {
            return 0xAC00 + ((first - 0x1100) * 21 + (second - 0x1161)) * finals
        }
        let isOpen = (0xAC00..<0xD7A4).contains(first) && (first - 0xAC00) % finals == 0
        return isOpen && (0x11A8..<0x11C3).contains(second) ? first + (second - 0x11A7) : nil
    }
}
