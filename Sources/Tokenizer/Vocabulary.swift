import Weights

/// The tokens with their ids, and the merges that make them.
struct Vocabulary: Sendable {
    static let endOfWord = "</w>"

    private let ids: [String: Int]
    private let texts: [Int: String]
    private let merger: BytePairMerger
    /// Ids of each byte, within a word and at its end.
    private let bytes: [Int]
    private let lastBytes: [Int]

    /// - Parameters:
    ///   - merges: in order of rank.
    ///   - unknown: stands for bytes that the vocabulary lacks.
    /// - Throws: where a merge takes or makes a token that the vocabulary lacks.
    init(ids: [String: Int], merges: [(left: String, right: String)], unknown: String, file: String) throws {
        func id(_ token: String, _ what: String) throws -> Int {
            guard let id = ids[token] else {
                throw WeightsError(
                    .malformed,
                    "\(what) '\(token.prefix(80))' is not in the vocabulary; both files must come from the same "
                        + "tokenizer", file: file)
            }
            return id
        }
        let unknownID = try id(unknown, "the token for unknown text")
        var table: [BytePairMerger.Pair: BytePairMerger.Merge] = [:]
        table.reserveCapacity(merges.count)
        for (rank, merge) in merges.enumerated() {
            let pair = BytePairMerger.Pair(
                left: try id(merge.left, "the merged token"), right: try id(merge.right, "the merged token"))
            // The last one counts, as it does in the reference implementation.
            table[pair] = BytePairMerger.Merge(
                rank: rank, result: try id(merge.left + merge.right, "the merge's result"))
        }
        self.ids = ids
        texts = Dictionary(ids.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
        merger = BytePairMerger(merges: table)
        bytes = ByteAlphabet.characters.map { ids[String($0)] ?? unknownID }
        lastBytes = ByteAlphabet.characters.map { ids[String($0) + Self.endOfWord] ?? unknownID }
    }

    subscript(token: String) -> Int? { ids[token] }

    /// - Parameter piece: not empty.
    func ids(of piece: ArraySlice<Unicode.Scalar>) -> [Int] {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: piece)
        var symbols = String(text).utf8.map { bytes[Int($0)] }
        if let last = String(text).utf8.last { symbols[symbols.count - 1] = lastBytes[Int(last)] }
        return merger.merge(symbols)
    }

    /// The text that the tokens stand for, with a space after each word.
    func text(of tokens: some Sequence<Int>) -> String {
        var utf8: [UInt8] = []
        for token in tokens {
            var text = texts[token] ?? ""
            let endsWord = text.hasSuffix(Self.endOfWord)
            if endsWord { text.removeLast(Self.endOfWord.count) }
            utf8 += text.unicodeScalars.compactMap { ByteAlphabet.bytes[$0] }
            if endsWord { utf8.append(UInt8(ascii: " ")) }
        }
        if utf8.last == UInt8(ascii: " ") { utf8.removeLast() }
        return String(decoding: utf8, as: UTF8.self)
    }
}
