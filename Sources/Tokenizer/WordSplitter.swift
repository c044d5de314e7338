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
