import HeapModule

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
