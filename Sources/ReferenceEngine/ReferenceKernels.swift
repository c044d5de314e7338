import Foundation
import Graph

/// One plain function for each operation. Shapes were checked when the graph was built.
enum ReferenceKernels {
    static func evaluate(_ node: Graph.Node, _ x: [HostTensor]) -> HostTensor {
        let shape = node.type.shape
        switch node.operation {
        case .input, .constant:
            preconditionFailure("bound before the program runs")
        case .convert:
            return convert(x[0], to: node.type.dataType)
        case .conv2d(let stride, let padding, let groups):
            return conv2d(x[0], x[1], x.count > 2 ? x[2] : nil, shape, stride, padding, groups)
        case .linear:
            return linear(x[0], x[1], x.count > 2 ? x[2] : nil, shape)
        case .attention(let heads, let scale, let causal):
            return attention(x[0], x[1], x[2], heads, scale, causal)
        case .groupNorm(let groups, let epsilon):
            return groupNorm(x[0], x[1], x[2], groups, epsilon)
        case .layerNorm(let epsilon):
            return layerNorm(x[0], x[1], x[2], epsilon)
        case .unary(let function):
            return HostTensor(shape: shape, values: x[0].values.map { apply(function, $0) })
        case .binary(let function):
            return binary(function, x[0], x[1], shape)
        case .clamp(let lower, let upper):
            return HostTensor(shape: shape, values: x[0].values.map { min(max($0, lower), upper) })
        case .geglu:
            return geglu(x[0], shape)
        case .upsampleNearest:
            return upsampleNearest(x[0], shape)
        case .concat(let axis):
            return concat(x, axis, shape)
        case .slice(let axis, let start, let end):
            return slice(x[0], axis, start..<end, shape)
        case .reshape:
            return HostTensor(shape: shape, values: x[0].values)
        case .transpose(let permutation):
            return transpose(x[0], permutation, shape)
        case .embedding:
            return embedding(x[0], x[1], shape)
        }
    }

    static func apply(_ function: Graph.Operation.Unary, _ x: Float) -> Float {
        switch function {
        case .silu: x / (1 + exp(-x))
        case .gelu: gelu(x)
        case .geluTanh: 0.5 * x * (1 + tanh(0.797_884_56 * (x + 0.044715 * x * x * x)))
        case .quickGelu: x / (1 + exp(-1.702 * x))
        case .relu: max(x, 0)
        case .tanh: tanh(x)
        case .sigmoid: 1 / (1 + exp(-x))
        case .sin: sin(x)
        case .cos: cos(x)
        case .exp: exp(x)
        case .sqrt: x.squareRoot()
        case .round: x.rounded(.toNearestOrEven)
        }
    }

    static func gelu(_ x: Float) -> Float { 0.5 * x * (1 + erf(x * 0.707_106_77)) }

    static func convert(_ x: HostTensor, to dataType: DataType) -> HostTensor {
        let values: [Float] =
            switch dataType {
            case .float32: x.values
            case .float16: x.values.map { Float(Float16($0)) }
            case .bfloat16: x.values.map { Float(bitPattern: UInt32(roundedToBFloat16($0)) << 16) }
            case .int8: x.values.map { min(max($0, -128), 127).rounded(.towardZero) }
            case .uint8: x.values.map { min(max($0, 0), 255).rounded(.towardZero) }
            case .int32, .int64: x.values.map { $0.rounded(.towardZero) }
            }
        return HostTensor(shape: x.shape, values: values)
    }

    static func conv2d(
        _ x: HostTensor, _ weight: HostTensor, _ bias: HostTensor?, _ shape: Shape, _ stride: Int,
        _ padding: Graph.Operation.Padding, _ groups: Int
    ) -> HostTensor {
        let (height, width) = (x.shape[2], x.shape[3])
        let (channels, kernelHeight, kernelWidth) = (weight.shape[1], weight.shape[2], weight.shape[3])
        let perGroup = shape[1] / groups
        var result = [Float](repeating: 0, count: shape.elementCount)
        for n in 0..<shape[0] {
            for o in 0..<shape[1] {
                let plane = (n * shape[1] + o) * shape[2] * shape[3]
                let firstChannel = o / perGroup * channels
                for c in 0..<channels {
                    let source = (n * x.shape[1] + firstChannel + c) * height * width
                    for i in 0..<kernelHeight {
                        for j in 0..<kernelWidth {
                            let w = weight.values[((o * channels + c) * kernelHeight + i) * kernelWidth + j]
                            for row in 0..<shape[2] {
                                let y = row * stride + i - padding.top
                                guard y >= 0, y < height else { continue }
                                for column in 0..<shape[3] {
                                    let z = column * stride + j - padding.left
                                    guard z >= 0, z < width else { continue }
                                    result[plane + row * shape[3] + column] += w * x.values[source + y * width + z]
                                }
                            }
                        }
                    }
                }
                if let bias {
                    for index in plane..<(plane + shape[2] * shape[3]) { result[index] += bias.values[o] }
                }
            }
        }
        return HostTensor(shape: shape, values: result)
    }

    static func linear(_ x: HostTensor, _ weight: HostTensor, _ bias: HostTensor?, _ shape: Shape) -> HostTensor {
        let (inputs, outputs) = (weight.shape[1], weight.shape[0])
        var result = [Float](repeating: 0, count: shape.elementCount)
        for row in 0..<(x.values.count / inputs) {
            for o in 0..<outputs {
                var sum: Float = 0
                for i in 0..<inputs { sum += x.values[row * inputs + i] * weight.values[o * inputs + i] }
                result[row * outputs + o] = sum + (bias?.values[o] ?? 0)
            }
        }
        return HostTensor(shape: shape, values: result)
    }

    static func attention(
        _ q: HostTensor, _ k: HostTensor, _ v: HostTensor, _ heads: Int, _ scale: Float, _ causal: Bool
    ) -> HostTensor {
        let (batch, queries, keys, channels) = (q.shape[0], q.shape[1], k.shape[1], q.shape[2])
        let size = channels / heads
        var result = [Float](repeating: 0, count: q.values.count)
        var scores = [Float](repeating: 0, count: keys)
        for n in 0..<batch {
            for head in 0..<heads {
                for i in 0..<queries {
                    let query = (n * queries + i) * channels + head * size
                    let visible = causal ? min(i + 1, keys) : keys
                    for j in 0..<visible {
                        let key = (n * keys + j) * channels + head * size
                        var sum: Float = 0
                        for c in 0..<size { sum += q.values[query + c] * k.values[key + c] }
                        scores[j] = sum * scale
                    }
                    let largest = scores[..<visible].max() ?? 0
                    var total: Float = 0
                    for j in 0..<visible {
                        scores[j] = exp(scores[j] - largest)
                        total += scores[j]
                    }
                    for j in 0..<visible {
                        let value = (n * keys + j) * channels + head * size
                        for c in 0..<size { result[query + c] += scores[j] / total * v.values[value + c] }
                    }
                }
            }
        }
        return HostTensor(shape: q.shape, values: result)
    }

    static func groupNorm(
        _ x: HostTensor, _ weight: HostTensor, _ bias: HostTensor, _ groups: Int, _ epsilon: Float
    ) -> HostTensor {
        let channels = x.shape[1]
        let plane = x.values.count / (x.shape[0] * channels)
        let length = channels / groups * plane
        return normalized(x, length: length, epsilon) { index in
            let channel = index / plane % channels
            return (weight.values[channel], bias.values[channel])
        }
    }

    static func layerNorm(
        _ x: HostTensor, _ weight: HostTensor, _ bias: HostTensor, _ epsilon: Float
    ) -> HostTensor {
        let channels = x.shape[-1]
        return normalized(x, length: channels, epsilon) { (weight.values[$0 % channels], bias.values[$0 % channels]) }
    }

    /// Zero mean and unit variance over each run of `length` elements, then a scale and a shift for each element.
    private static func normalized(
        _ x: HostTensor, length: Int, _ epsilon: Float, _ affine: (Int) -> (scale: Float, shift: Float)
    ) -> HostTensor {
        var result = x.values
        for start in stride(from: 0, to: result.count, by: length) {
            let run = start..<(start + length)
            // In Double, because a reference should not lose digits to the order of a long sum.
            let mean = x.values[run].reduce(0.0) { $0 + Double($1) } / Double(length)
            let variance = x.values[run].reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(length)
            let factor = 1 / (variance + Double(epsilon)).squareRoot()
            for index in run {
                let (scale, shift) = affine(index)
                result[index] = Float((Double(x.values[index]) - mean) * factor) * scale + shift
            }
        }
        return HostTensor(shape: x.shape, values: result)
    }

    static func binary(_ function: Graph.Operation.Binary, _ a: HostTensor, _ b: HostTensor, _ shape: Shape)
        -> HostTensor
    {
        func offsets(_ operand: Shape) -> [Int] {
            // Axes of extent one are stepped over by zero, which is all that broadcasting is.
            let strides = zip(operand.dimensions, operand.strides).map { $0 == 1 ? 0 : $1 }
            let padded = [Int](repeating: 0, count: shape.rank - operand.rank) + strides
            let whole = shape.strides
            return (0..<shape.elementCount).map { index in
                var offset = 0
                for axis in 0..<shape.rank { offset += index / whole[axis] % shape[axis] * padded[axis] }
                return offset
            }
        }
        let left = a.shape == shape ? a.values : offsets(a.shape).map { a.values[$0] }
        let right = b.shape == shape ? b.values : offsets(b.shape).map { b.values[$0] }
        let combine: (Float, Float) -> Float =
            switch function {
            case .add: (+)
            case .subtract: (-)
            case .multiply: (*)
            case .divide: (/)
            }
        return HostTensor(shape: shape, values: zip(left, right).map(combine))
    }

    static func geglu(_ x: HostTensor, _ shape: Shape) -> HostTensor {
        let half = shape[-1]
        let values = (0..<shape.elementCount).map { index in
            let row = index / half * 2 * half
            return x.values[row + index % half] * gelu(x.values[row + half + index % half])
        }
        return HostTensor(shape: shape, values: values)
    }

    static func upsampleNearest(_ x: HostTensor, _ shape: Shape) -> HostTensor {
        var result: [Float] = []
        result.reserveCapacity(shape.elementCount)
        for plane in 0..<(shape[0] * shape[1]) {
            for row in 0..<shape[2] {
                let source = (plane * x.shape[2] + row * x.shape[2] / shape[2]) * x.shape[3]
                for column in 0..<shape[3] { result.append(x.values[source + column * x.shape[3] / shape[3]]) }
            }
        }
        return HostTensor(shape: shape, values: result)
    }

    static func concat(_ x: [HostTensor], _ axis: Int, _ shape: Shape) -> HostTensor {
        let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
        var result: [Float] = []
        result.reserveCapacity(shape.elementCount)
        for outer in 0..<shape.dimensions[..<axis].reduce(1, *) {
            for tensor in x {
                let run = tensor.shape[axis] * inner
                result += tensor.values[(outer * run)..<((outer + 1) * run)]
            }
        }
        return HostTensor(shape: shape, values: result)
    }

    static func slice(_ x: HostTensor, _ axis: Int, _ range: Range<Int>, _ shape: Shape) -> HostTensor {
        let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
        var result: [Float] = []
        result.reserveCapacity(shape.elementCount)
        for outer in 0..<shape.dimensions[..<axis].reduce(1, *) {
            let start = outer * x.shape[axis] * inner
            result += x.values[(start + range.lowerBound * inner)..<(start + range.upperBound * inner)]
        }
        return HostTensor(shape: shape, values: result)
    }

    static func transpose(_ x: HostTensor, _ permutation: [Int], _ shape: Shape) -> HostTensor {
        let (source, whole) = (x.shape.strides, shape.strides)
        let values = (0..<shape.elementCount).map { index in
            var offset = 0
            for axis in 0..<shape.rank { offset += index / whole[axis] % shape[axis] * source[permutation[axis]] }
            return x.values[offset]
        }
        return HostTensor(shape: shape, values: values)
    }

    static func embedding(_ table: HostTensor, _ ids: HostTensor, _ shape: Shape) -> HostTensor {
        let width = table.shape[1]
        var result: [Float] = []
        result.reserveCapacity(shape.elementCount)
        for id in ids.values {
            let row = Int(id)
            precondition(row >= 0 && row < table.shape[0], "token id outside the vocabulary")
            result += table.values[(row * width)..<((row + 1) * width)]
        }
        return HostTensor(shape: shape, values: result)
    }
}
