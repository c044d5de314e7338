import HeapModule
import Weights

/// Byte-pair encoding of one piece of text: the pair of neighbours with the lowest rank is merged, leftmost first, until
/// no pair is left that the merges list.
struct BytePairMerger: Sendable {
    struct Pair: Hashable, Sendable {
        let left, right: Int
    }
    struct Merge: Sendable {
        let rank: Int
        let result: Int
    }

    let merges: [Pair: Merge]

    /// - Parameter symbols: ids of the piece's bytes.
    func merge(_ symbols: [Int]) -> [Int] {
        // A doubly linked list in arrays; a merged symbol leaves a hole with length 0.
        var symbols = symbols
        var next = symbols.indices.map { $0 + 1 }
        var previous = symbols.indices.map { $0 - 1 }
        var isAlive = symbols.map { _ in true }
        var queue = MergeQueue()
        func candidate(_ left: Int) -> MergeQueue.Candidate? {
            let right = next[left]
            guard right < symbols.count else { return nil }
            let pair = Pair(left: symbols[left], right: symbols[right])
            return merges[pair].map { MergeQueue.Candidate(rank: $0.rank, position: left, pair: pair) }
        }
        for position in symbols.indices { candidate(position).map { queue.insert($0) } }
        while let best = queue.popFirst() {
            let left = best.position
            // Either symbol may have been merged away since the candidate was found.
            guard isAlive[left], next[left] < symbols.count, symbols[left] == best.pair.left,
                symbols[next[left]] == best.pair.right, let merge = merges[best.pair]
            else { continue }
            let right = next[left]
            symbols[left] = merge.result
            isAlive[right] = false
            next[left] = next[right]
            if next[right] < symbols.count { previous[next[right]] = left }
            if previous[left] >= 0 { candidate(previous[left]).map { queue.insert($0) } }
            candidate(left).map { queue.insert($0) }
        }
        return symbols.indices.filter { isAlive[$0] }.map { symbols[$0] }
    }
}

/// Candidates for merging, the lowest rank first and within a rank the leftmost.
struct MergeQueue {
    struct Candidate: Comparable {
        let rank, position: Int
        let pair: BytePairMerger.Pair

        static func < (one: Candidate, other: Candidate) -> Bool {
            (one.rank, one.position) < (other.rank, other.position)
        }
    }

    private var heap = Heap<Candidate>()

    mutating func insert(_ candidate: Candidate) { heap.insert(candidate) }
    mutating func popFirst() -> Candidate? { heap.popMin() }
}

/// GPT-2's way to write any bytes in printable characters: printable Latin-1 stands for itself, every other byte for the
/// next character from U+0100 on.
enum ByteAlphabet {
    /// The character of each byte.
    static let characters: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (UInt32(0)...255).map { byte in
            if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) {
                return Unicode.Scalar(UInt8(byte))
            }
            defer { next += 1 }
            return Unicode.Scalar(next) ?? " "
        }
    }()

    static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
        uniqueKeysWithValues: zip(characters, UInt8.min...UInt8.max))
}

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
