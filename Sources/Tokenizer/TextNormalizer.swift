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
