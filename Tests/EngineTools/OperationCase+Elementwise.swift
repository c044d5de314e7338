import Graph

extension OperationCase {
    package static let elementwise: [OperationCase] =
        Graph.Operation.Unary.allCases.map { function in
            OperationCase(function.rawValue) { c in
                let x = c.input([3, 50], in: function == .sqrt ? 0...9 : -6...6)
                return try c.difference { [$0.unary(function, x)] }
            }
        }
        + Graph.Operation.Binary.allCases.flatMap { function in
            ([
                ([2, 3, 4], [2, 3, 4]), ([2, 3, 4], [1]), ([1, 8, 4, 4], [1, 8, 1, 1]), ([5, 1], [1, 7]),
                ([3, 4], [2, 3, 4]), ([], [2, 2]),
            ] as [(Shape, Shape)]).map { first, second in
                OperationCase("\(function.rawValue) of \(first) and \(second)") { c in
                    let (a, b) = (c.input(first), c.input(second, in: 0.5...2))
                    return try c.difference { [try $0.binary(function, a, b)] }
                }
            }
        }
        + ([(8, 8, 16, 16), (5, 7, 9, 13), (3, 3, 7, 6), (9, 9, 9, 9)] as [(Int, Int, Int, Int)]).map { size in
            OperationCase("upsampleNearest \(size)") { c in
                let x = c.input([2, 3, size.0, size.1])
                return try c.difference { [try $0.upsampleNearest(x, height: size.2, width: size.3)] }
            }
        }
        + ([[1, 6, 16], [2, 2, 2, 10], [8]] as [Shape]).map { shape in
            OperationCase("geglu of \(shape)") { c in
                let x = c.input(shape)
                return try c.difference { [try $0.geglu(x)] }
            }
        } + [
            OperationCase("ties to even") { c in
                let x = c.input([0.5, 1.5, 2.5, -0.5, -1.5, 254.5, 255.49, 0.49], [8])
                return try c.difference { [$0.unary(.round, x)] }
            },
            OperationCase("clamp") { c in
                let x = c.input([40])
                return try c.difference { [$0.clamp(x, -1, 1), $0.clamp(x, 0, 0.33)] }
            },
            OperationCase("concat, slice, reshape, transpose") { c in
                let (a, b) = (c.input([2, 3, 4]), c.input([2, 5, 4]))
                let (map, other) = (c.input([1, 6, 4, 5]), c.input([1, 2, 4, 5]))
                return try c.difference { builder in
                    let joined = try builder.concat([a, b, a], axis: 1)
                    return [
                        joined, try builder.slice(joined, axis: 1, 2..<7), try builder.slice(a, axis: 0, 1..<2),
                        try builder.reshape(joined, [4, 22]), try builder.reshape(joined, [88]),
                        try builder.transpose(joined, [2, 0, 1]), try builder.transpose(a, [0, 2, 1]),
                        try builder.concat([map, other], axis: 1), try builder.reshape(map, [1, 6, 20]),
                    ]
                }
            },
            OperationCase("embedding") { c in
                let ids: [Int64] = [0, 9, 3, 3, 8, 1]
                let x = c.input(bytes: ids.withUnsafeBytes { Array($0) }, TensorType([2, 3], .int64))
                let table = c.weight([10, 7], as: .float16)
                return try c.difference { [try $0.embedding(table: table, ids: x)] }
            },
            OperationCase("conversions") { c in
                let x = c.input([0, 0.99, 1.5, 254.7, 255, 128.5], [6])
                let signed = c.input([-1.9, 1.9, -0.5, 70000.7], [4])
                let pixels = c.input(bytes: Array(0...255), TensorType([256], .uint8))
                let ids = c.input(
                    bytes: ([Int64(-3), 5, 1 << 20]).withUnsafeBytes { Array($0) }, TensorType([3], .int64))
                let bytes = c.input(bytes: Array(0...255), TensorType([256], .int8))
                return try c.difference { builder in
                    [
                        builder.convert(x, to: .uint8), builder.convert(signed, to: .int32),
                        builder.convert(signed, to: .int64), builder.convert(x, to: .float16),
                        builder.convert(x, to: .bfloat16),
                        builder.convert(builder.convert(x, to: .bfloat16), to: .float32),
                        builder.convert(pixels, to: .float16),
                    ] + [pixels, ids, bytes].map { builder.convert($0, to: .float32) }
                }
            },
        ]
}
