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

/// The size of product.cu's blocks.
struct ProductTile: Hashable, Sendable {
    /// Pixels, channels, and the share of the sum that is in shared memory at a time.
    let blockM, blockN, blockK: Int
    let warpsM, warpsN: Int
    let stages: Int

    var threads: Int { 32 * warpsM * warpsN }

    /// Tiles in flight, and later the results in float32.
    func sharedBytes(_ element: ElementType) -> Int {
        max(stages * (blockM + blockN) * blockK * element.dataType.byteCount, blockM * (blockN + 8) * 4)
    }

    /// From the largest, which reads the least, to the smallest, of which there are the most.
    static func choices(_ element: ElementType, vectors: Bool) -> [ProductTile] {
        guard element != .float32 else {
            return [ProductTile(blockM: 64, blockN: 64, blockK: 16, warpsM: 2, warpsN: 2, stages: 3)]
        }
        let smallest = ProductTile(blockM: 64, blockN: 64, blockK: 32, warpsM: 2, warpsN: 2, stages: 4)
        // Channels that do not come in vectors are those of pictures and latents: few.
        guard vectors else { return [smallest] }
        return [
            ProductTile(blockM: 128, blockN: 128, blockK: 32, warpsM: 2, warpsN: 4, stages: 4),
            ProductTile(blockM: 128, blockN: 64, blockK: 32, warpsM: 4, warpsN: 2, stages: 3),
            smallest,
        ]
    }

    /// The largest tile that gives every processor a block.
    /// - Parameters:
    ///   - pixels: rows of the product.
    ///   - outputs: columns, in each of `groups`.
    static func choose(
        _ element: ElementType, vectors: Bool, pixels: Int, outputs: Int, groups: Int, processors: Int
    ) -> ProductTile {
        let choices = choices(element, vectors: vectors)
        let fitting = choices.first { tile in
            tile.blocks(pixels: pixels, outputs: outputs) * groups >= processors
                && (outputs > tile.blockN / 2 || tile.blockN == 64)
        }
        return fitting ?? choices[choices.count - 1]
    }

    func blocks(pixels: Int, outputs: Int) -> Int { pixels.dividedUp(by: blockM) * outputs.dividedUp(by: blockN) }

    /// How many parts the sum is split into where the blocks are too few for the processors: each keeps at least four
    /// tiles, so that writing and adding up the parts does not cost more than it gains.
    func splits(blocks: Int, depth: Int, processors: Int) -> Int {
        let tiles = depth.dividedUp(by: blockK)
        let wanted = max(1, min(processors / blocks, tiles / 4, 8))
        // As many as have something to do.
        return tiles.dividedUp(by: tiles.dividedUp(by: wanted))
    }
}

extension Int {
    func dividedUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
    func roundedUp(toMultipleOf multiple: Int) -> Int { dividedUp(by: multiple) * multiple }
}
