/// One method for each operation. All throw `GraphError` where the operands' shapes do not fit.
extension GraphBuilder {
    package func scalar(_ number: Float) -> Value {
        constant(InlineConstant([number]), TensorType([1]), name: "scalar")
    }

    package func convert(_ x: Value, to dataType: DataType) -> Value {
        type(of: x).dataType == dataType ? x : append(.convert, [x], TensorType(shape(of: x), dataType))
    }

    package func conv2d(
        _ x: Value, weight: Value, bias: Value?, stride: Int = 1, padding: Graph.Operation.Padding, groups: Int = 1
    ) throws -> Value {
        let (input, kernel) = (shape(of: x), shape(of: weight))
        try require(input.rank == 4 && kernel.rank == 4, "conv2d of \(input) by \(kernel): both must have 4 axes")
        try require(
            input[1] == kernel[1] * groups && kernel[0] % groups == 0,
            "conv2d of \(input) by \(kernel) in \(groups) groups: channels do not fit")
        if let bias {
            try require(shape(of: bias) == [kernel[0]], "conv2d bias \(shape(of: bias)) for \(kernel[0]) channels")
        }
        let height = input[2] + padding.top + padding.bottom - kernel[2]
        let width = input[3] + padding.left + padding.right - kernel[3]
        try require(height >= 0 && width >= 0, "conv2d of \(input) by \(kernel): nothing is left", else: .tooSmall)
        return append(
            .conv2d(stride: stride, padding: padding, groups: groups), [x, weight] + (bias.map { [$0] } ?? []),
            TensorType([input[0], kernel[0], height / stride + 1, width / stride + 1], type(of: x).dataType))
    }

    package func linear(_ x: Value, weight: Value, bias: Value?) throws -> Value {
        let (input, matrix) = (shape(of: x), shape(of: weight))
        try require(
            matrix.rank == 2 && input.rank >= 1 && input[-1] == matrix[1], "linear of \(input) by \(matrix)")
        if let bias {
            try require(shape(of: bias) == [matrix[0]], "linear bias \(shape(of: bias)) for \(matrix[0]) features")
        }
        let result = Shape(input.dimensions.dropLast() + [matrix[0]])
        return append(
            .linear, [x, weight] + (bias.map { [$0] } ?? []), TensorType(result, type(of: x).dataType))
    }

    /// - Parameter scale: by default 1/√(channels a head).
    package func attention(
        query: Value, key: Value, value: Value, heads: Int, scale: Float? = nil, causal: Bool = false
    ) throws -> Value {
        let (q, k, v) = (shape(of: query), shape(of: key), shape(of: value))
        try require(
            q.rank == 3 && k.rank == 3 && k == v && q[0] == k[0] && q[2] == k[2] && q[2] % heads == 0,
            "attention of query \(q), key \(k), value \(v) with \(heads) heads")
        let factor = scale ?? 1 / Float(q[2] / heads).squareRoot()
        return append(
            .attention(heads: heads, scale: factor, causal: causal), [query, key, value], type(of: query))
    }

    package func groupNorm(_ x: Value, weight: Value, bias: Value, groups: Int, epsilon: Float) throws -> Value {
        let input = shape(of: x)
        try require(
            input.rank >= 2 && input[1] % groups == 0 && shape(of: weight) == [input[1]]
                && shape(of: bias) == [input[1]],
            "groupNorm of \(input) in \(groups) groups by \(shape(of: weight))")
        return append(.groupNorm(groups: groups, epsilon: epsilon), [x, weight, bias], type(of: x))
    }

    package func layerNorm(_ x: Value, weight: Value, bias: Value, epsilon: Float) throws -> Value {
        let input = shape(of: x)
        try require(
            shape(of: weight) == [input[-1]] && shape(of: bias) == [input[-1]],
            "layerNorm of \(input) by \(shape(of: weight))")
        return append(.layerNorm(epsilon: epsilon), [x, weight, bias], type(of: x))
    }

    package func unary(_ function: Graph.Operation.Unary, _ x: Value) -> Value {
        append(.unary(function), [x], type(of: x))
    }

    package func binary(_ function: Graph.Operation.Binary, _ a: Value, _ b: Value) throws -> Value {
        let result = shape(of: a).broadcast(with: shape(of: b))
        try require(
            result != nil && type(of: a).dataType == type(of: b).dataType,
            "\(function.rawValue) of \(type(of: a)) and \(type(of: b))")
        return append(.binary(function), [a, b], TensorType(result ?? [], type(of: a).dataType))
    }

    package func silu(_ x: Value) -> Value { unary(.silu, x) }
    package func add(_ a: Value, _ b: Value) throws -> Value { try binary(.add, a, b) }
    package func subtract(_ a: Value, _ b: Value) throws -> Value { try binary(.subtract, a, b) }
    package func multiply(_ a: Value, _ b: Value) throws -> Value { try binary(.multiply, a, b) }
    package func divide(_ a: Value, _ b: Value) throws -> Value { try binary(.divide, a, b) }

    package func clamp(_ x: Value, _ lower: Float, _ upper: Float) -> Value {
        append(.clamp(lower: lower, upper: upper), [x], type(of: x))
    }

    package func geglu(_ x: Value) throws -> Value {
        let input = shape(of: x)
        try require(input.rank >= 1 && input[-1] % 2 == 0, "geglu of \(input): the last axis must be even")
        let result = Shape(input.dimensions.dropLast() + [input[-1] / 2])
        return append(.geglu, [x], TensorType(result, type(of: x).dataType))
    }

    package func upsampleNearest(_ x: Value, height: Int, width: Int) throws -> Value {
        let input = shape(of: x)
        try require(input.rank == 4, "upsampleNearest of \(input): needs 4 axes")
        return append(
            .upsampleNearest, [x], TensorType([input[0], input[1], height, width], type(of: x).dataType))
    }

    package func concat(_ values: [Value], axis: Int) throws -> Value {
        let first = shape(of: values[0])
        var dimensions = first.dimensions
        dimensions[axis] = 0
        for value in values {
            var other = shape(of: value).dimensions
            let fits = other.count == dimensions.count
            try require(fits, "concat of \(first) and \(shape(of: value)) along axis \(axis)")
            dimensions[axis] += other[axis]
            other[axis] = dimensions[axis]
            try require(other == dimensions, "concat of \(first) and \(shape(of: value)) along axis \(axis)")
        }
        return append(.concat(axis: axis), values, TensorType(Shape(dimensions), type(of: values[0]).dataType))
    }

    package func slice(_ x: Value, axis: Int, _ range: Range<Int>) throws -> Value {
        var dimensions = shape(of: x).dimensions
        try require(
            axis < dimensions.count && range.lowerBound >= 0 && range.upperBound <= dimensions[axis],
            "slice \(range) along axis \(axis) of \(shape(of: x))")
        dimensions[axis] = range.count
        return append(
            .slice(axis: axis, start: range.lowerBound, end: range.upperBound), [x],
            TensorType(Shape(dimensions), type(of: x).dataType))
    }

    package func reshape(_ x: Value, _ result: Shape) throws -> Value {
        try require(
            result.elementCount == shape(of: x).elementCount, "reshape of \(shape(of: x)) to \(result)")
        return append(.reshape, [x], TensorType(result, type(of: x).dataType))
    }

    package func transpose(_ x: Value, _ permutation: [Int]) throws -> Value {
        let input = shape(of: x)
        try require(
            permutation.sorted() == Array(0..<input.rank), "transpose of \(input) by \(permutation)")
        return append(
            .transpose(permutation), [x], TensorType(Shape(permutation.map { input[$0] }), type(of: x).dataType))
    }

    package func embedding(table: Value, ids: Value) throws -> Value {
        let rows = shape(of: table)
        try require(
            rows.rank == 2 && type(of: ids).dataType == .int64, "embedding of \(rows) by \(type(of: ids))")
        let result = Shape(shape(of: ids).dimensions + [rows[1]])
        return append(.embedding, [table, ids], TensorType(result, type(of: table).dataType))
    }
}
