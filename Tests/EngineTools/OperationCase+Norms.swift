import Graph

extension OperationCase {
    package static let norms: [OperationCase] =
        ([
            ([1, 32, 8, 8], 4), ([2, 8, 5, 7], 8), ([1, 16, 10], 1), ([3, 8], 4), ([1, 24, 4, 4], 3),
            ([1, 40, 33, 9], 4),
        ]
        as [(Shape, Int)]).map { shape, groups in
            OperationCase("groupNorm of \(shape) in \(groups)") { c in
                let x = c.input(shape, in: -1...5)
                let (weight, bias) = (c.weight([shape[1]], as: .float16), c.weight([shape[1]]))
                return try c.difference { builder in
                    let norm = try builder.groupNorm(x, weight: weight, bias: bias, groups: groups, epsilon: 1e-5)
                    return [norm, builder.silu(norm)]
                }
            }
        }
        + ([[1, 77, 64], [2, 5, 3, 10], [4, 33], [9], [1, 3, 2, 2, 16]] as [Shape]).map { shape in
            OperationCase("layerNorm of \(shape)") { c in
                let x = c.input(shape, in: -1...5)
                let (weight, bias) = (c.weight([shape[-1]]), c.weight([shape[-1]], as: .bfloat16))
                return try c.difference { [try $0.layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5)] }
            }
        } + [
            // Far from zero, squares lose what differs.
            OperationCase("groupNorm far from zero") { c in
                let x = c.input([1, 8, 6, 6], in: 250...254)
                let (weight, bias) = (c.weight([8]), c.weight([8]))
                return try c.difference { builder in
                    let rounded = builder.unary(.round, x)
                    return [try builder.groupNorm(rounded, weight: weight, bias: bias, groups: 2, epsilon: 1e-5)]
                }
            }
        ]
}
