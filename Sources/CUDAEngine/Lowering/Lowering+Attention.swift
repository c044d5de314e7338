import CUDAKernels
import Graph

extension Lowering {
    /// - Returns: [batch, query, channel].
    mutating func attention(_ node: Graph.Node, heads: Int, scale: Float, isCausal: Bool) throws -> View {
        let query = try rows(try view(node.operands[0]), as: element.dataType)
        let key = try rows(try view(node.operands[1]), as: element.dataType)
        let value = try rows(try view(node.operands[2]), as: element.dataType)
        let output = makeView(node.type.shape, element.dataType)
        let headSize = query.shape[2] / heads
        guard let tile = AttentionTile.choose(element, headSize: headSize) else {
            throw EngineError(
                .compileFailed, "\(node.name): there is no kernel for attention with \(headSize) channels a head")
        }
        let vector = element.vector
        let vectors =
            headSize % vector == 0 && [query, key, value].allSatisfy { $0.isAligned(to: vector, innermost: 2) }

        var parameters = Parameters(cuda_attention())
        parameters.point(\.query, to: query)
        parameters.point(\.key, to: key)
        parameters.point(\.value, to: value)
        parameters.point(\.output, to: output)
        parameters.body.query_strides = (Int32(query.strides[0]), Int32(query.strides[1]))
        parameters.body.key_strides = (Int32(key.strides[0]), Int32(key.strides[1]))
        parameters.body.value_strides = (Int32(value.strides[0]), Int32(value.strides[1]))
        parameters.body.output_strides = (Int32(output.strides[0]), Int32(output.strides[1]))
        (parameters.body.queries, parameters.body.keys) = (Int32(query.shape[1]), Int32(key.shape[1]))
        (parameters.body.heads, parameters.body.head_size) = (Int32(heads), Int32(headSize))
        (parameters.body.scale, parameters.body.causal) = (scale, isCausal ? 1 : 0)
        program.append(
            Launch(
                module: .attention(tile, element, vectors: vectors), function: "attention",
                grid: [
                    query.shape[1].dividedUp(by: tile.queries), query.shape[0] * heads,
                    headSize.dividedUp(by: tile.slice),
                ],
                block: [tile.threads, 1], sharedBytes: tile.sharedBytes(element), parameters: parameters.bytes,
                pointers: parameters.pointers, writes: [output.storage]))
        return output
    }
}
