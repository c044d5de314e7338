import EngineTools
import Graph
import Testing

/// Every operation on random inputs against the reference engine.
@Suite struct OperationTests {
    struct Convolution: Sendable {
        var input: Shape = [1, 8, 9, 11]
        var outputs = 12
        var kernel = 3
        var stride = 1
        var padding = Graph.Operation.Padding(1)
        var groups = 1
        var bias = true
        var weights = DataType.float32
    }

    @Test(arguments: [
        Convolution(),
        Convolution(input: [2, 3, 16, 16], weights: .float16),
        Convolution(kernel: 1, padding: .init(0), weights: .bfloat16),
        Convolution(stride: 2, padding: .init(top: 0, left: 0, bottom: 1, right: 1)),
        Convolution(stride: 2, bias: false),
        Convolution(kernel: 5, padding: .init(top: 2, left: 1, bottom: 0, right: 3)),
        Convolution(outputs: 16, groups: 4, weights: .float16),
        Convolution(outputs: 8, groups: 8),
        Convolution(input: [1, 320, 16, 16], outputs: 64),
    ])
    func conv2d(_ c: Convolution) throws {
        var comparison = Comparison()
        let x = comparison.input(c.input)
        let weight = comparison.weight([c.outputs, c.input[1] / c.groups, c.kernel, c.kernel], as: c.weights)
        let bias = c.bias ? comparison.weight([c.outputs], as: c.weights) : nil
        #expect(
            try comparison.difference {
                [
                    try $0.conv2d(
                        x, weight: weight, bias: bias, stride: c.stride, padding: c.padding, groups: c.groups)
                ]
            } < 1e-5)
    }

    @Test func conv2dTakesComputedWeightsAndBias() throws {
        var comparison = Comparison()
        let x = comparison.input([1, 4, 6, 6])
        let (weight, bias) = (comparison.input([8, 4, 3, 3]), comparison.input([8]))
        #expect(
            try comparison.difference { [try $0.conv2d(x, weight: weight, bias: bias, padding: .init(1))] } < 1e-5)
    }

    @Test(arguments: [[7, 16], [1, 5, 16], [2, 3, 4, 16]] as [Shape], [DataType.float32, .float16, .bfloat16])
    func linear(_ shape: Shape, _ weights: DataType) throws {
        var comparison = Comparison()
        let x = comparison.input(shape)
        let weight = comparison.weight([24, 16], as: weights)
        let bias = comparison.weight([24], as: weights)
        #expect(
            try comparison.difference {
                [try $0.linear(x, weight: weight, bias: bias), try $0.linear(x, weight: weight, bias: nil)]
            } < 1e-5)
    }

    struct Attention: Sendable {
        var batch = 1
        var queries = 16
        var keys = 16
        var heads = 2
        var width = 64
        var scale: Float?
        var causal = false
    }

    @Test(arguments: [
        Attention(),
        Attention(batch: 2, queries: 9, keys: 77, heads: 5, width: 320),
        Attention(queries: 77, keys: 77, heads: 4, width: 64, causal: true),
        Attention(queries: 30, keys: 30, heads: 1, width: 512),
        Attention(scale: 0.3),
        Attention(queries: 12, keys: 12, scale: 1, causal: true),
        Attention(queries: 1, keys: 1),
    ])
    func attention(_ c: Attention) throws {
        var comparison = Comparison()
        let query = comparison.input([c.batch, c.queries, c.width])
        let key = comparison.input([c.batch, c.keys, c.width])
        let value = comparison.input([c.batch, c.keys, c.width])
        #expect(
            try comparison.difference {
                [
                    try $0.attention(
                        query: query, key: key, value: value, heads: c.heads, scale: c.scale, causal: c.causal)
                ]
            } < 1e-5)
    }

    @Test(arguments: [[1, 32, 8, 8], [2, 8, 5, 7], [1, 16, 10], [3, 8]] as [Shape], [1, 4, 8])
    func groupNorm(_ shape: Shape, _ groups: Int) throws {
        // A group of one element has no variance: nothing but rounding would be left.
        guard shape.elementCount / shape[0] > groups else { return }
        var comparison = Comparison()
        let x = comparison.input(shape, in: -1...5)
        let (weight, bias) = (comparison.weight([shape[1]], as: .float16), comparison.weight([shape[1]]))
        #expect(
            try comparison.difference {
                [try $0.groupNorm(x, weight: weight, bias: bias, groups: groups, epsilon: 1e-5)]
            } < 1e-5)
    }

    @Test(arguments: [[1, 77, 64], [2, 5, 3, 10], [4, 33]] as [Shape])
    func layerNorm(_ shape: Shape) throws {
        var comparison = Comparison()
        let x = comparison.input(shape, in: -1...5)
        let (weight, bias) = (comparison.weight([shape[-1]]), comparison.weight([shape[-1]], as: .bfloat16))
        #expect(
            try comparison.difference { [try $0.layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5)] } < 1e-5)
    }

    @Test(arguments: Graph.Operation.Unary.allCases)
    func unary(_ function: Graph.Operation.Unary) throws {
        var comparison = Comparison()
        let x = comparison.input([3, 50], in: function == .sqrt ? 0...9 : -6...6)
        #expect(try comparison.difference { [$0.unary(function, x)] } < 1e-5)
    }

    @Test func roundTakesTiesToEven() throws {
        var comparison = Comparison()
        let x = comparison.input([0.5, 1.5, 2.5, -0.5, -1.5, 254.5, 255.49, 0.49], [8])
        #expect(try comparison.difference { [$0.unary(.round, x)] } == 0)
    }

    @Test(
        arguments: Graph.Operation.Binary.allCases,
        [
            ([2, 3, 4], [2, 3, 4]), ([2, 3, 4], [1]), ([1, 8, 4, 4], [1, 8, 1, 1]), ([5, 1], [1, 7]),
            ([3, 4], [2, 3, 4]), ([], [2, 2]),
        ] as [(Shape, Shape)])
    func binary(_ function: Graph.Operation.Binary, _ shapes: (Shape, Shape)) throws {
        var comparison = Comparison()
        let (a, b) = (comparison.input(shapes.0), comparison.input(shapes.1, in: 0.5...2))
        #expect(try comparison.difference { [try $0.binary(function, a, b)] } < 1e-6)
    }

    @Test func clamp() throws {
        var comparison = Comparison()
        let x = comparison.input([40])
        #expect(try comparison.difference { [$0.clamp(x, -1, 1), $0.clamp(x, 0, 0.33)] } < 1e-7)
    }

    @Test(arguments: [[1, 6, 16], [2, 2, 2, 10], [8]] as [Shape])
    func geglu(_ shape: Shape) throws {
        var comparison = Comparison()
        let x = comparison.input(shape)
        #expect(try comparison.difference { [try $0.geglu(x)] } < 1e-5)
    }

    @Test(arguments: [(8, 8, 16, 16), (4, 6, 12, 12), (5, 7, 9, 13), (23, 40, 45, 80), (3, 3, 7, 6), (9, 9, 9, 9)])
    func upsampleNearest(_ height: Int, _ width: Int, _ newHeight: Int, _ newWidth: Int) throws {
        var comparison = Comparison()
        let x = comparison.input([1, 3, height, width])
        #expect(try comparison.difference { [try $0.upsampleNearest(x, height: newHeight, width: newWidth)] } == 0)
    }

    @Test func shapeOperations() throws {
        var comparison = Comparison()
        let (a, b) = (comparison.input([2, 3, 4]), comparison.input([2, 5, 4]))
        #expect(
            try comparison.difference {
                let joined = try $0.concat([a, b, a], axis: 1)
                return [
                    joined, try $0.slice(joined, axis: 1, 2..<7), try $0.slice(a, axis: 0, 1..<2),
                    try $0.reshape(joined, [4, 22]), try $0.reshape(joined, [88]),
                    try $0.transpose(joined, [2, 0, 1]), try $0.transpose(a, [0, 2, 1]),
                ]
            } == 0)
    }

    @Test func embedding() throws {
        var comparison = Comparison()
        let ids: [Int64] = [0, 9, 3, 3, 8, 1]
        let x = comparison.input(bytes: ids.withUnsafeBytes { Array($0) }, TensorType([2, 3], .int64))
        let table = comparison.weight([10, 7], as: .float16)
        #expect(try comparison.difference { [try $0.embedding(table: table, ids: x)] } == 0)
    }

    @Test func convertTruncatesTowardZero() throws {
        var comparison = Comparison()
        let x = comparison.input([0, 0.99, 1.5, 254.7, 255, 128.5], [6])
        let signed = comparison.input([-1.9, 1.9, -0.5, 70000.7], [4])
        #expect(
            try comparison.difference {
                [
                    $0.convert(x, to: .uint8), $0.convert(signed, to: .int32), $0.convert(signed, to: .int64),
                    $0.convert(x, to: .float16),
                ]
            } == 0)
    }

    @Test func convertFromEveryType() throws {
        var comparison = Comparison()
        let pixels = comparison.input(bytes: Array(0...255), TensorType([256], .uint8))
        let ids = comparison.input(
            bytes: ([Int64(-3), 5, 1 << 20]).withUnsafeBytes { Array($0) }, TensorType([3], .int64))
        let bytes = comparison.input(bytes: Array(0...255), TensorType([256], .int8))
        #expect(
            try comparison.difference { builder in [pixels, ids, bytes].map { builder.convert($0, to: .float32) } } == 0
        )
    }
}
