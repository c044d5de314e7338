import CUDAKernels
import Graph

/// Convolutions and linears.
extension Lowering {
    mutating func convolution(
        _ node: Graph.Node, _ stride: Int, _ padding: Graph.Operation.Padding, _ groups: Int
    ) throws -> Pending {
        // Nearest neighbours are looked up while convolving.
        let enlarged = pending(node.operands[0])?.enlarged
        let x = try enlarged?.input ?? view(node.operands[0])
        let size = graph[node.operands[0]].type.shape
        let weight = try view(node.operands[1]).transposed([0, 2, 3, 1])
        let product = Pending.Product(
            input: try rows(x.transposed([0, 2, 3, 1]), as: element.dataType), height: size[2], width: size[3],
            weight: try dense(weight, as: element.dataType), stride: stride, padding: padding, groups: groups)
        let shape = node.type.shape
        var pending = Pending(.product(product), [shape[0], shape[2], shape[3], shape[1]])
        try addBias(node, to: &pending)
        pending.transpose([0, 3, 1, 2])
        return pending
    }

    /// As a convolution by 1×1 over a picture of rows.
    mutating func linear(_ node: Graph.Node) throws -> Pending {
        let (x, weight) = (try view(node.operands[0]), try view(node.operands[1]))
        let leading = Self.leadingAxes(node.type.shape)
        let product = Pending.Product(
            input: try rows(try reshaped(x, Shape(leading + [x.shape[-1]])), as: element.dataType),
            height: leading[1], width: leading[2],
            weight: try reshaped(try dense(weight, as: element.dataType), [weight.shape[0], 1, 1, weight.shape[1]]),
            stride: 1, padding: .init(0), groups: 1)
        var pending = Pending(.product(product), Shape(leading + [weight.shape[0]]))
        try addBias(node, to: &pending)
        guard pending.reshape(node.type.shape) else { throw unlaunchable(node.type.shape) }
        return pending
    }

    private mutating func addBias(_ node: Graph.Node, to pending: inout Pending) throws {
        guard node.operands.count > 2 else { return }
        let bias = try dense(try view(node.operands[2]), as: .float32)
        pending.steps.append(ChainStep(.add, .view(bias.broadcast(to: pending.baseShape))))
    }

    /// All axes but the last, as three.
    static func leadingAxes(_ shape: Shape) -> [Int] {
        let leading = [Int](repeating: 1, count: max(0, 4 - shape.rank)) + shape.dimensions.dropLast()
        return [leading.dropLast(2).reduce(1, *)] + leading.suffix(2)
    }

    func unlaunchable(_ shape: Shape) -> EngineError {
        EngineError(.compileFailed, "there is no kernel for values of \(shape) as they lie in memory")
    }

    /// - Parameters:
    ///   - steps: their operands are [batch, row, column, channel].
    ///   - target: the same.
    mutating func launchProduct(_ product: Pending.Product, _ steps: [ChainStep], into target: View) throws {
        let (input, weight, groups, result) = (product.input, product.weight, product.groups, target.shape)
        let (channels, outputs) = (weight.shape[3], weight.shape[0] / groups)
        let depth = weight.shape[1] * weight.shape[2] * channels
        let vector = element.vector
        let vectors = input.isAligned(to: vector, innermost: 3) && channels % vector == 0 && weight.offset % vector == 0
        let pixels = result[0] * result[1] * result[2]
        let tile = ProductTile.choose(
            element, vectors: vectors, pixels: pixels, outputs: outputs, groups: groups, processors: traits.processors)
        let blocks = tile.blocks(pixels: pixels, outputs: outputs) * groups
        let splits = tile.splits(blocks: blocks, depth: depth, processors: traits.processors)

        var parameters = Parameters(cuda_product())
        parameters.point(\.input, to: input)
        parameters.point(\.weight, to: weight)
        parameters.body.input_strides = (
            Int32(input.strides[0]), Int32(input.strides[1]), Int32(input.strides[2])
        )
        (parameters.body.height, parameters.body.width) = (Int32(product.height), Int32(product.width))
        (parameters.body.input_height, parameters.body.input_width) = (Int32(input.shape[1]), Int32(input.shape[2]))
        (parameters.body.channels, parameters.body.outputs) = (Int32(channels), Int32(outputs))
        parameters.body.kernel_height = Int32(weight.shape[1])
        parameters.body.kernel_width = Int32(weight.shape[2])
        parameters.body.stride = Int32(product.stride)
        (parameters.body.top, parameters.body.left) = (Int32(product.padding.top), Int32(product.padding.left))
        parameters.body.batch = Int32(result[0])
        (parameters.body.output_height, parameters.body.output_width) = (Int32(result[1]), Int32(result[2]))
        parameters.body.splits = Int32(splits)

        // Parts of sums are put down one behind the other, and added up by the kernel that finishes.
        var parts = target
        if splits > 1 {
            parts = makeView(Shape([splits] + result.dimensions), .float32)
            parameters.body.copy_stride = Int64(result.elementCount)
            parameters.set(\.output, to: parts.sliced(0, 0..<1).dropFirstAxis())
        } else {
            parameters.set(\.output, to: target)
            parameters.set(\.chain, to: steps)
        }
        program.append(
            Launch(
                module: .product(tile, element, vectors: vectors), function: "product",
                grid: [pixels.dividedUp(by: tile.blockM), outputs.dividedUp(by: tile.blockN), groups * splits],
                block: [tile.threads, 1], sharedBytes: tile.sharedBytes(element), parameters: parameters.bytes,
                pointers: parameters.pointers, writes: [parts.storage]))
        guard splits > 1 else { return }
        let sum = Pending.Elementwise(input: parts.sliced(0, 0..<1).dropFirstAxis())
        try launchElementwise(sum, steps, copies: splits, into: target)
    }
}
