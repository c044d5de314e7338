/// A token that is found in the text as it stands, before words are cut.
struct AddedToken: Sendable, Hashable {
    let content: String
    let id: Int
    /// Whether it is looked for in the normalised text, so that `<|ENDOFTEXT|>` counts as well.
    let isNormalized: Bool
}

/// Finds added tokens in text: the leftmost, and of those that begin there the longest.
struct AddedTokenSplitter: Sendable {
    enum Part {
        case token(Int)
        case text(ArraySlice<Unicode.Scalar>)
    }

    private let patterns: [(scalars: [Unicode.Scalar], id: Int)]

    init(_ patterns: [(scalars: [Unicode.Scalar], id: Int)]) {
        self.patterns = patterns.filter { !$0.scalars.isEmpty }.sorted { $0.scalars.count > $1.scalars.count }
    }

    func split(_ text: ArraySlice<Unicode.Scalar>) -> [Part] {
        var parts: [Part] = []
        var start = text.startIndex
        var position = start
        func flush() {
            if start < position { parts.append(.text(text[start..<position])) }
        }
        while position < text.endIndex {
            if let found = patterns.first(where: { text[position...].starts(with: $0.scalars) }) {
                flush()
                parts.append(.token(found.id))
                position += found.scalars.count
                start = position
            } else {
                position += 1
            }
        }
        flush()
        return parts
    }
}

/// The classes of characters that CLIP's pattern tells apart: \s, \p{L}, \p{N} and the rest.
enum CharacterClass {
    case space, letter, number, other

    /// By Unicode 16, which the pattern's reference implementation knows; younger letters count as `other`.
    init(_ scalar: Unicode.Scalar) {
        let properties = scalar.properties
        guard properties.age.map({ $0.major <= 16 }) ?? false else {
            self = .other
            return
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
        case .decimalNumber, .letterNumber, .otherNumber: self = .number
        default: self = properties.isWhitespace ? .space : .other
        }
    }
}

/// CLIP's normalisation of text: canonical composition, white space runs to single spaces, lower case.
enum TextNormalizer {
    static func normalize(_ scalars: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var wasSpace = false
        for scalar in NormalizationFormC.normalize(scalars) {
            let isSpace = CharacterClass(scalar) == .space
            if isSpace {
                if !wasSpace { result.append(" ") }
            } else {
                // Character by character, without a look at its neighbours: Σ becomes σ at a word's end, too.
                result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
            wasSpace = isSpace
        }
        return result
    }
}

/// Cuts normalised text into the pieces that byte pairs are merged within; what is between them (spaces) is dropped.
///
/// The pieces of `<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`, CLIP's
/// pattern, cut once more by GPT-2's, which only takes the two markers apart.
struct WordSplitter {
    private static let markers = ["startoftext", "endoftext"].map { name in
        ["<|", name, "|>"].map { Array($0.unicodeScalars) }
    }
    private static let contractions = ["s", "t", "re", "ve", "m", "ll", "d"].map { Array(("'" + $0).unicodeScalars) }

    static func split(_ text: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
        let classes = text.map { CharacterClass($0) }
        var pieces: [ArraySlice<Unicode.Scalar>] = []
        var position = 0
        func take(_ count: Int) {
            pieces.append(text[position..<position + count])
            position += count
        }
        while position < text.count {
            let rest = text[position...]
            if text[position] == "<", let marker = markers.first(where: { rest.starts(with: $0.joined()) }) {
                for part in marker { take(part.count) }
            } else if text[position] == "'", let ending = contractions.first(where: { rest.starts(with: $0) }) {
                take(ending.count)
            } else if classes[position] == .space {
                position += 1
            } else if classes[position] == .number {
                take(1)
            } else {
                let current = classes[position]
                take(classes[position...].prefix { $0 == current }.count)
            }
        }
        return pieces
    }
}
