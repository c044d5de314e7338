import Graph

/// 3×3 convolutions by Winograd's minimal filtering F(4×4, 3×3): 36 products for a tile of 16 results in place of 144.
///
/// After Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), with their matrices.
enum Winograd {
    /// Results of a tile in each direction.
    static let tile = 4
    /// What a tile reads in each direction.
    static let patch = 6

    private static let inputTransform: [[Float]] = [
        [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1],
    ]
    private static let weightTransform: [[Float]] = [
        [1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1],
    ]
    private static let outputTransform: [[Float]] = [
        [1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1],
    ]
    /// [36, 36] and [16, 36]: both directions at once.
    static let inputMatrix = kronecker(inputTransform)
    static let outputMatrix = kronecker(outputTransform)

    private static func kronecker(_ matrix: [[Float]]) -> [Float] {
        matrix.flatMap { row in
            matrix.flatMap { inner in row.flatMap { a in inner.map { a * $0 } } }
        }
    }

    /// Whether the convolution is one of those that measurements say run faster this way, and cost little memory.
    ///
    /// On two AVX-512 cores, against OpenVINO's direct convolution: 2.4 times as fast with 320 to 960 channels at 64×64,
    /// 2.2 and 2.0 with 512 channels at 64×64 and 128×128; with 128 channels at 512×512 it is slower, for the patches
    /// no longer fit the caches. Smaller pictures gain as much (2.7 at 32×32), but the transformed weight takes four
    /// times the memory, and saves in proportion to the pixels.
    static func pays(_ node: Graph.Node, _ graph: Graph) -> Bool {
        guard case .conv2d(1, Graph.Operation.Padding(1), 1) = node.operation else { return false }
        let (weight, result) = (graph[node.operands[1]], node.type.shape)
        let kernel = weight.type.shape
        guard kernel[2] == 3 && kernel[3] == 3, result[0] == 1, result[2] % tile == 0, result[3] % tile == 0,
            weight.type.dataType == .float32, weight.isConstant || graph.widenedConstant(weight) != nil
        else { return false }
        return (64 * 64...128 * 128).contains(result[2] * result[3]) && min(kernel[0], kernel[1]) >= 256
    }

    /// Of a transformed weight, [36, outputs, inputs].
    static func weightCount(_ outputs: Int, _ inputs: Int) -> Int { patch * patch * outputs * inputs }

    /// - Parameters:
    ///   - weight: [outputs, inputs, 3, 3].
    ///   - result: [36, outputs, inputs].
    static func transform(
        _ weight: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>, outputs: Int, inputs: Int
    ) {
        let count = outputs * inputs
        let matrix = weightTransform
        withUnsafeTemporaryAllocation(of: Float.self, capacity: patch * 3) { rows in
            for pair in 0..<count {
                let kernel = UnsafeBufferPointer(rebasing: weight[9 * pair..<9 * pair + 9])
                for row in 0..<patch {
                    let (a, b, c) = (matrix[row][0], matrix[row][1], matrix[row][2])
                    for column in 0..<3 {
                        rows[3 * row + column] = a * kernel[column] + b * kernel[3 + column] + c * kernel[6 + column]
                    }
                }
                for column in 0..<patch {
                    let (a, b, c) = (matrix[column][0], matrix[column][1], matrix[column][2])
                    for row in 0..<patch {
                        result[(patch * row + column) * count + pair] =
                            a * rows[3 * row] + b * rows[3 * row + 1] + c * rows[3 * row + 2]
                    }
                }
            }
        }
    }
}

extension ModelWriter {
    /// Writes a convolution as Winograd's products. The picture's sides are multiples of the tile.
    mutating func winograd(_ node: Graph.Node) throws -> Port {
        let (tile, patch) = (Winograd.tile, Winograd.patch)
        let x = try operand(node.operands[0])
        let (inputs, outputs) = (x.shape[1], node.type.shape[1])
        let (rows, columns) = (x.shape[2] / tile, x.shape[3] / tile)
        let tiles = rows * columns

        // "same" pads by one on each side, as the convolution does: the patches overlap by two.
        let patches = layer(
            "ExtractImagePatches", 3,
            "sizes=\"\(patch),\(patch)\" strides=\"\(tile),\(tile)\" rates=\"1,1\" auto_pad=\"same_upper\"", [x],
            TensorType([1, patch * patch * inputs, rows, columns]))
        let spread = product(
            Winograd.inputMatrix, [patch * patch, patch * patch],
            reshaped(patches, to: [patch * patch, inputs * tiles]))
        let products = layer(
            "MatMul", 1, "transpose_a=\"false\" transpose_b=\"false\"",
            [
                try winogradWeight(node.operands[1], outputs, inputs),
                reshaped(spread, to: [patch * patch, inputs, tiles]),
            ],
            TensorType([patch * patch, outputs, tiles]))
        let gathered = product(
            Winograd.outputMatrix, [tile * tile, patch * patch],
            reshaped(products, to: [patch * patch, outputs * tiles]))
        let result = layer(
            "DepthToSpace", 1, "block_size=\"\(tile)\" mode=\"blocks_first\"",
            [reshaped(gathered, to: [1, tile * tile * outputs, rows, columns])], node.type)
        guard node.operands.count > 2 else { return result }
        let bias = try operand(node.operands[2], as: [1, outputs, 1, 1])
        return layer("Add", 1, Self.broadcast, [result, bias], node.type)
    }

    private mutating func product(_ matrix: [Float], _ shape: Shape, _ x: Port) -> Port {
        let matrix = constant(InlineConstant(matrix), TensorType(shape))
        return layer(
            "MatMul", 1, "transpose_a=\"false\" transpose_b=\"false\"", [matrix, x],
            TensorType([shape[0], x.shape[1]]))
    }

    private mutating func winogradWeight(_ value: Graph.Value, _ outputs: Int, _ inputs: Int) throws -> Port {
        let source = graph.widenedConstant(graph[value]) ?? value
        guard case .constant(let data) = graph[source].operation else { return try operand(value) }
        let offset = constants.place(
            data, graph[source].type, node: source.index, as: .winograd(outputs: outputs, inputs: inputs),
            isPacked: false)
        return constant(at: offset, TensorType([Winograd.patch * Winograd.patch, outputs, inputs]))
    }
}
