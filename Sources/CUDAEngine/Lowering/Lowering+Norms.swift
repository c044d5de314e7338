import CUDAKernels
import Graph

extension Lowering {
    mutating func groupNorm(_ node: Graph.Node, _ groups: Int, _ epsilon: Float) throws -> Pending {
        let x = try view(node.operands[0])
        let (batch, channels) = (x.shape[0], x.shape[1])
        let pixels = x.shape.dimensions[2...].reduce(1, *)
        let flat = Shape([batch, channels, 1, pixels])
        // Copied side by side first where the pixels are not one axis.
        let sideBySide = [0] + Array(2..<x.shape.rank) + [1]
        let map = try x.reshaped(flat) ?? reshaped(dense(x, sideBySide, as: element.dataType), flat)
        let norm = Pending.Norm(
            input: try rows(map.transposed([0, 2, 3, 1]), as: element.dataType),
            weight: try dense(try view(node.operands[1]), as: .float32),
            bias: try dense(try view(node.operands[2]), as: .float32), epsilon: epsilon)
        var pending = Pending(.groupNorm(norm, groups: groups), [batch, 1, pixels, channels])
        pending.transpose([0, 3, 1, 2])
        guard pending.reshape(x.shape) else { throw unlaunchable(x.shape) }
        return pending
    }

    mutating func layerNorm(_ node: Graph.Node, _ epsilon: Float) throws -> Pending {
        let x = try view(node.operands[0])
        let shape = Shape(Self.leadingAxes(x.shape) + [x.shape[-1]])
        let norm = Pending.Norm(
            input: try rows(try reshaped(x, shape), as: element.dataType),
            weight: try dense(try view(node.operands[1]), as: .float32),
            bias: try dense(try view(node.operands[2]), as: .float32), epsilon: epsilon)
        var pending = Pending(.layerNorm(norm), shape)
        guard pending.reshape(x.shape) else { throw unlaunchable(x.shape) }
        return pending
    }

    /// - Parameter target: [batch, 1, pixel, channel].
    mutating func launchGroupNorm(
        _ norm: Pending.Norm, _ groups: Int, _ steps: [ChainStep], into target: View
    ) throws {
        let input = norm.input
        let (batch, pixels, channels) = (input.shape[0], input.shape[2], input.shape[3])
        let vectors = input.isAligned(to: element.vector, innermost: 3)
        let width = vectors ? channels / element.vector : channels
        let block = [min(width, 256), max(1, 256 / width)]
        // Enough blocks for every processor, each with some pixels for every row of its threads.
        let most = max(1, pixels / (4 * block[1]))
        let splits = min(most, max(1, 2 * traits.processors / batch), 64)
        let sums = makeView([batch, splits, groups, 2], .float32)

        var parameters = Parameters(cuda_group_norm())
        parameters.point(\.input, to: input)
        parameters.body.input_strides = (Int32(input.strides[0]), Int32(input.strides[2]))
        (parameters.body.pixels, parameters.body.channels) = (Int32(pixels), Int32(channels))
        (parameters.body.groups, parameters.body.splits) = (Int32(groups), Int32(splits))
        parameters.body.epsilon = norm.epsilon
        parameters.point(\.sums, to: sums)
        var launch = Launch(
            module: .norms(element, vectors: vectors), function: "groupNormSums", grid: [splits, batch, 1],
            block: block, sharedBytes: 2 * block[1] * channels * 4, parameters: parameters.bytes,
            pointers: parameters.pointers, writes: [sums.storage])
        program.append(launch)

        parameters.point(\.weight, to: norm.weight)
        parameters.point(\.bias, to: norm.bias)
        parameters.set(\.output, to: target)
        parameters.set(\.chain, to: steps)
        launch.function = "groupNorm"
        launch.grid[0] = min(most, max(1, 4 * traits.processors / batch))
        launch.sharedBytes = 2 * channels * 4
        (launch.parameters, launch.pointers, launch.writes) = (parameters.bytes, parameters.pointers, [target.storage])
        program.append(launch)
    }

    /// - Parameter target: [batch, row, column, channel].
    mutating func launchLayerNorm(_ norm: Pending.Norm, _ steps: [ChainStep], into target: View) throws {
        let input = norm.input
        let vectors = input.isAligned(to: element.vector, innermost: 3)
        var parameters = Parameters(cuda_layer_norm())
        parameters.point(\.input, to: input)
        parameters.point(\.weight, to: norm.weight)
        parameters.point(\.bias, to: norm.bias)
        parameters.body.extents = (Int32(input.shape[0]), Int32(input.shape[1]), Int32(input.shape[2]))
        parameters.body.input_strides = (
            Int32(input.strides[0]), Int32(input.strides[1]), Int32(input.strides[2])
        )
        parameters.body.channels = Int32(input.shape[3])
        parameters.body.epsilon = norm.epsilon
        parameters.set(\.output, to: target)
        parameters.set(\.chain, to: steps)
        let rows = input.shape[0] * input.shape[1] * input.shape[2]
        program.append(
            Launch(
                module: .norms(element, vectors: vectors), function: "layerNorm", grid: [rows.dividedUp(by: 4), 1, 1],
                block: [128, 1], parameters: parameters.bytes, pointers: parameters.pointers,
                writes: [target.storage]))
    }
}
