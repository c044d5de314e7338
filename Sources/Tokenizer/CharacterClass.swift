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
