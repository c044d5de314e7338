import Graph

/// Where a program's storages lie: those that outlive the preparation side by side, the others over each other wherever
/// they are not in use at the same time.
struct MemoryPlan {
    enum Place: Hashable {
        /// Bytes into the memory that the weights stay in.
        case kept(Int)
        /// Bytes into the memory of one preparation.
        case preparation(Int)
        /// Bytes into the memory of one run.
        case scratch(Int)
        case input(String)
        case output(String)
    }

    private(set) var places: [Int: Place] = [:]
    private(set) var keptBytes = 0
    private(set) var preparationBytes = 0
    private(set) var scratchBytes = 0

    /// What drivers align allocations to; kernels want 16.
    static let alignment = 256

    init(_ program: LoweredProgram) {
        let prepared = Self.lifetimes(program.preparation.map { $0.reads.union($0.writes) })
        let used = Self.lifetimes(program.body.map { $0.reads.union($0.writes) })
        for (index, storage) in program.storages.enumerated() {
            switch storage.home {
            case .input(let name): places[index] = .input(name)
            case .output(let name): places[index] = .output(name)
            case .own:
                guard prepared[index] != nil, used[index] != nil else { continue }
                places[index] = .kept(keptBytes)
                keptBytes += storage.byteCount.roundedUp(toMultipleOf: Self.alignment)
            }
        }
        let placed = Set(places.keys)
        let early = Self.arrange(prepared.filter { !placed.contains($0.key) }, program.storages)
        let late = Self.arrange(used.filter { !placed.contains($0.key) }, program.storages)
        (preparationBytes, scratchBytes) = (early.byteCount, late.byteCount)
        places.merge(early.offsets.mapValues { .preparation($0) }) { first, _ in first }
        places.merge(late.offsets.mapValues { .scratch($0) }) { first, _ in first }
    }

    /// From the first step that touches a storage to the last.
    private static func lifetimes(_ steps: [Set<Int>]) -> [Int: ClosedRange<Int>] {
        var result: [Int: ClosedRange<Int>] = [:]
        for (step, storages) in steps.enumerated() {
            for storage in storages { result[storage] = (result[storage]?.lowerBound ?? step)...step }
        }
        return result
    }

    /// The largest first, each at the lowest place where it meets no other of its time.
    private static func arrange(
        _ lifetimes: [Int: ClosedRange<Int>], _ storages: [LoweredProgram.Storage]
    ) -> (offsets: [Int: Int], byteCount: Int) {
        var placed: [(bytes: Range<Int>, time: ClosedRange<Int>)] = []
        var offsets: [Int: Int] = [:]
        let order = lifetimes.keys.sorted { (-storages[$0].byteCount, $0) < (-storages[$1].byteCount, $1) }
        for index in order {
            guard let time = lifetimes[index] else { continue }
            let size = storages[index].byteCount.roundedUp(toMultipleOf: alignment)
            var start = 0
            for other in placed where other.time.overlaps(time) && other.bytes.lowerBound < start + size {
                start = max(start, other.bytes.upperBound)
            }
            offsets[index] = start
            let position = placed.firstIndex { $0.bytes.lowerBound > start } ?? placed.count
            placed.insert((start..<start + size, time), at: position)
        }
        return (offsets, placed.map(\.bytes.upperBound).max() ?? 0)
    }
}
