internal import Graph

/// The constants of a model, laid out in the one buffer that an IR's `Const` layers point into.
struct ConstantTable {
    private struct Entry {
        let data: any ConstantData
        let offset: Int
        let byteCount: Int
    }
    private struct Key: Hashable {
        let identity: String
        let byteCount: Int
    }

    private var entries: [Entry] = []
    private var offsets: [Key: Int] = [:]
    private(set) var byteCount = 0

    /// The offset of the constant's bytes; what is there already is not stored twice.
    mutating func place(_ data: any ConstantData, byteCount count: Int) -> Int {
        let key = Key(identity: data.identity, byteCount: count)
        if let offset = offsets[key] { return offset }
        let offset = byteCount
        entries.append(Entry(data: data, offset: offset, byteCount: count))
        offsets[key] = offset
        // Whole cache lines, so that OpenVINO can read float32 constants in place.
        byteCount = (offset + count + 63) & ~63
        return offset
    }

    /// Reads all of them.
    func load() throws -> HostMemory {
        let memory = try HostMemory(byteCount: byteCount)
        for entry in entries {
            let range = entry.offset..<entry.offset + entry.byteCount
            try entry.data.copy(into: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[range]))
        }
        return memory
    }
}
