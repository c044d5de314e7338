import Graph

extension OperationCase {
    private static func convolution(
        _ input: Shape, _ outputs: Int, kernel: Int = 3, stride: Int = 1, padding: Graph.Operation.Padding = .init(1),
        groups: Int = 1, bias: Bool = true, weights: DataType = .float32
    ) -> OperationCase {
        OperationCase("conv2d \(input) to \(outputs), \(kernel)×\(kernel), stride \(stride), \(groups) groups") { c in
            let x = c.input(input)
            let weight = c.weight([outputs, input[1] / groups, kernel, kernel], as: weights)
            let bias = bias ? c.weight([outputs], as: weights) : nil
            return try c.difference {
                [try $0.conv2d(x, weight: weight, bias: bias, stride: stride, padding: padding, groups: groups)]
            }
        }
    }

    package static let products: [OperationCase] =
        [
            convolution([1, 16, 9, 11], 24),
            convolution([2, 3, 16, 16], 33, weights: .float16),
            convolution([1, 4, 8, 8], 64),
            convolution([1, 24, 13, 7], 40, kernel: 1, padding: .init(0), weights: .bfloat16),
            convolution([1, 32, 16, 16], 72, stride: 2, padding: .init(top: 0, left: 0, bottom: 1, right: 1)),
            convolution([2, 8, 9, 11], 12, stride: 2, bias: false),
            convolution([1, 8, 9, 11], 16, kernel: 5, padding: .init(top: 2, left: 1, bottom: 0, right: 3)),
            convolution([1, 32, 10, 6], 48, groups: 2, weights: .float16),
            convolution([1, 12, 9, 11], 6, groups: 3),
            convolution([1, 8, 5, 5], 8, groups: 8),
            convolution([1, 40, 18, 15], 136),
            convolution([1, 320, 4, 4], 64),
        ]
        + [([7, 16], 24), ([1, 5, 40], 8), ([2, 3, 4, 24], 20), ([1, 130, 64], 200), ([1, 3, 640], 72), ([9], 5)]
        .map { (shape: Shape, features: Int) in
            OperationCase("linear \(shape) to \(features)") { c in
                let x = c.input(shape)
                let weight = c.weight([features, shape[-1]], as: .float16)
                let bias = c.weight([features])
                return try c.difference {
                    [try $0.linear(x, weight: weight, bias: bias), try $0.linear(x, weight: weight, bias: nil)]
                }
            }
        } + [
            OperationCase("conv2d with computed weights") { c in
                let x = c.input([1, 8, 6, 6])
                let (weight, bias) = (c.input([8, 8, 3, 3]), c.input([8]))
                return try c.difference { [try $0.conv2d(x, weight: weight, bias: bias, padding: .init(1))] }
            },
            OperationCase("linear of a part of the channels") { c in
                let x = c.input([1, 6, 48])
                let weight = c.weight([16, 8])
                return try c.difference { builder in
                    try [8..<16, 3..<11].map {
                        try builder.linear(builder.slice(x, axis: 2, $0), weight: weight, bias: nil)
                    }
                }
            },
            OperationCase("conv2d of a picture of rows") { c in
                let (x, weight) = (c.input([1, 12, 32]), c.weight([8, 32, 3, 3]))
                return try c.difference { builder in
                    let map = try builder.reshape(builder.transpose(x, [0, 2, 1]), [1, 32, 3, 4])
                    return [try builder.conv2d(map, weight: weight, bias: nil, padding: .init(1))]
                }
            },
        ]
        + [(5, 4, 10, 8), (5, 7, 9, 13), (6, 6, 6, 6)].map { (height: Int, width: Int, newHeight: Int, newWidth: Int) in
            OperationCase("conv2d of \(height)×\(width) enlarged to \(newHeight)×\(newWidth)") { c in
                let (x, weight) = (c.input([1, 16, height, width]), c.weight([24, 16, 3, 3]))
                return try c.difference { builder in
                    let larger = try builder.upsampleNearest(x, height: newHeight, width: newWidth)
                    return [try builder.conv2d(larger, weight: weight, bias: nil, padding: .init(1))]
                }
            }
        }
}
