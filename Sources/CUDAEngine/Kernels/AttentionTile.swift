import Graph

/// The size of attention.cu's blocks.
struct AttentionTile: Hashable, Sendable {
    /// Channels of a head, rounded up.
    let head: Int
    /// Warps, of 16 queries each.
    let warps: Int
    let keys: Int
    /// Channels of the result that a block makes.
    let slice: Int
    let stages: Int

    var queries: Int { 16 * warps }
    var threads: Int { 32 * warps }

    func sharedBytes(_ element: ElementType) -> Int {
        let (size, pitch, valuePitch) = (element.dataType.byteCount, head + element.vector, slice + element.vector)
        let exchange = element == .float32 ? queries * keys * 4 : 0
        return (queries * pitch + stages * keys * (pitch + valuePitch)) * size + exchange
    }

    /// For heads of growing size; all within the 99 KiB of shared memory that consumer devices have.
    static func choices(_ element: ElementType) -> [AttentionTile] {
        if element == .float32 {
            return [
                AttentionTile(head: 32, warps: 4, keys: 32, slice: 32, stages: 1),
                AttentionTile(head: 64, warps: 4, keys: 32, slice: 64, stages: 1),
                AttentionTile(head: 128, warps: 4, keys: 32, slice: 128, stages: 1),
                AttentionTile(head: 160, warps: 2, keys: 32, slice: 80, stages: 1),
                AttentionTile(head: 256, warps: 2, keys: 16, slice: 128, stages: 1),
                AttentionTile(head: 512, warps: 1, keys: 16, slice: 128, stages: 1),
            ]
        }
        return [
            AttentionTile(head: 32, warps: 4, keys: 64, slice: 32, stages: 2),
            AttentionTile(head: 64, warps: 4, keys: 64, slice: 64, stages: 2),
            AttentionTile(head: 128, warps: 4, keys: 64, slice: 128, stages: 2),
            AttentionTile(head: 160, warps: 4, keys: 32, slice: 160, stages: 2),
            AttentionTile(head: 256, warps: 4, keys: 32, slice: 128, stages: 2),
            AttentionTile(head: 512, warps: 2, keys: 32, slice: 128, stages: 1),
        ]
    }

    /// - Returns: nil where heads are larger than any tile.
    static func choose(_ element: ElementType, headSize: Int) -> AttentionTile? {
        choices(element).first { $0.head >= headSize }
    }
}
