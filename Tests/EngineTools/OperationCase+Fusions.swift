import Graph

extension OperationCase {
    /// What the engine makes one kernel of, and where it must not.
    package static let fusions: [OperationCase] = [
        OperationCase("resnet: norm, silu, conv, time, residual, shortcut") { c in
            let (x, time) = (c.input([1, 16, 6, 5]), c.input([1, 24, 1, 1], from: .strength))
            let (scale, shift) = (c.weight([16]), c.weight([16]))
            let (first, second) = (c.weight([24, 16, 3, 3]), c.weight([24, 24, 3, 3]))
            let (shortcut, bias) = (c.weight([24, 16, 1, 1]), c.weight([24]))
            return try c.difference { b in
                var hidden = b.silu(try b.groupNorm(x, weight: scale, bias: shift, groups: 4, epsilon: 1e-5))
                hidden = try b.add(b.conv2d(hidden, weight: first, bias: bias, padding: .init(1)), time)
                hidden = try b.conv2d(b.silu(hidden), weight: second, bias: bias, padding: .init(1))
                let skip = try b.conv2d(x, weight: shortcut, bias: nil, padding: .init(0))
                return [try b.divide(b.add(skip, hidden), b.scalar(2))]
            }
        },
        OperationCase("transformer: tokens and back") { c in
            let (x, weight, bias) = (c.input([1, 16, 3, 5]), c.weight([16, 16]), c.weight([16]))
            return try c.difference { b in
                let tokens = try b.transpose(b.reshape(x, [1, 16, 15]), [0, 2, 1])
                let projected = try b.linear(tokens, weight: weight, bias: bias)
                let map = try b.reshape(b.transpose(projected, [0, 2, 1]), [1, 16, 3, 5])
                return [try b.add(map, x)]
            }
        },
        OperationCase("a value that is read twice") { c in
            let (x, weight) = (c.input([1, 8, 4, 4]), c.weight([8, 8, 3, 3]))
            return try c.difference { b in
                let y = try b.conv2d(x, weight: weight, bias: nil, padding: .init(1))
                return [try b.add(b.silu(y), y), try b.multiply(y, y), y]
            }
        },
        OperationCase("kernels that write into a concat") { c in
            let (x, weight, matrix) = (c.input([1, 8, 4, 6]), c.weight([16, 8, 3, 3]), c.weight([8, 8]))
            let last = c.weight([8, 32, 1, 1])
            return try c.difference { b in
                let map = try b.conv2d(x, weight: weight, bias: nil, padding: .init(1))
                let tokens = try b.transpose(b.reshape(x, [1, 8, 24]), [0, 2, 1])
                let rows = try b.linear(tokens, weight: matrix, bias: nil)
                let back = try b.reshape(b.transpose(rows, [0, 2, 1]), [1, 8, 4, 6])
                let joined = try b.concat([map, back, x], axis: 1)
                return [try b.conv2d(joined, weight: last, bias: nil, padding: .init(0))]
            }
        },
        OperationCase("reversed operands") { c in
            let (x, y) = (c.input([2, 5], in: 1...2), c.input([5], in: 1...2))
            return try c.difference { b in
                let product = try b.multiply(x, x)
                return [
                    try b.subtract(y, product), try b.divide(y, b.unary(.sqrt, x)),
                    try b.subtract(b.scalar(3), x), try b.divide(b.scalar(3), b.clamp(x, 1.2, 1.8)),
                ]
            }
        },
        OperationCase("more steps than a chain holds") { c in
            let (x, weight) = (c.input([1, 8, 16]), c.weight([16, 16]))
            return try c.difference { b in
                var y = try b.linear(x, weight: weight, bias: nil)
                for step in 0..<11 { y = try b.add(b.multiply(y, b.scalar(0.5)), b.scalar(Float(step))) }
                return [y]
            }
        },
        OperationCase("a picture of bytes in and out") { c in
            let bytes = (0..<2 * 6 * 3).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let frame = c.input(bytes: bytes, TensorType([1, 2, 6, 3], .uint8))
            let weight = c.weight([3, 3, 1, 1])
            return try c.difference { b in
                let planes = try b.transpose(b.convert(frame, to: .float32), [0, 3, 1, 2])
                let floats = try b.subtract(b.divide(planes, b.scalar(127.5)), b.scalar(1))
                let mixed = try b.conv2d(floats, weight: weight, bias: nil, padding: .init(0))
                let unit = b.clamp(try b.add(b.multiply(mixed, b.scalar(0.5)), b.scalar(0.5)), 0, 1)
                let whole = b.unary(.round, try b.multiply(unit, b.scalar(255)))
                return [b.convert(try b.transpose(whole, [0, 2, 3, 1]), to: .uint8)]
            }
        },
        OperationCase("outputs that are inputs, weights and repeated") { c in
            let (x, y, weight) = (c.input([2, 3]), c.input([1, 2, 2]), c.weight([5], as: .float16))
            _ = c.input([3])
            return try c.difference { b in
                let sum = try b.add(x, b.scalar(1))
                return [y, x, weight, sum, sum, b.silu(sum), x]
            }
        },
        OperationCase("weights that are computed once") { c in
            let x = c.input([1, 4, 16])
            let (matrix, scales) = (c.weight([8, 16]), c.weight([8, 1]))
            return try c.difference { b in
                [
                    try b.linear(x, weight: b.multiply(matrix, scales), bias: nil),
                    try b.concat([scales, scales], axis: 0),
                ]
            }
        },
    ]
}
