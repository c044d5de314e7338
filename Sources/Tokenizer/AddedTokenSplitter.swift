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
