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
