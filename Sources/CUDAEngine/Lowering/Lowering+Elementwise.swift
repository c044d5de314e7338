import CUDAKernels
import Graph

extension Lowering {
    /// - Parameters:
    ///   - steps: their operands are of the target's shape.
    ///   - copies: inputs one behind the other that are added up.
    mutating func launchElementwise(
        _ elementwise: Pending.Elementwise, _ steps: [ChainStep], copies: Int = 1, into target: View
    ) throws {
        let input = elementwise.input
        let views = [input, target] + steps.compactMap(\.operand)
        let axes = try Self.axes(of: views, target)
        var parameters = Parameters(cuda_elementwise())
        parameters.body.extents = Self.four(axes.map { $0.reduce(1) { $0 * target.shape[$1] } })
        parameters.body.input_extents = Self.four(axes.map { $0.reduce(1) { $0 * input.shape[$1] } })
        parameters.body.copies = Int32(copies)
        parameters.body.copy_stride = Int64(input.shape.elementCount)
        parameters.set(\.input, to: Self.arranged(input, axes))
        parameters.set(\.output, to: Self.arranged(target, axes))
        parameters.set(
            \.chain,
            to: steps.map { step in
                var step = step
                step.operand = step.operand.map { Self.arranged($0, axes) }
                return step
            })
        let count = Self.isOfRows(Self.arranged(input, axes), Self.arranged(target, axes)) ? Self.row : 1
        program.append(
            Launch(
                module: .elementwise, function: count == 1 ? "elementwise" : "elementwiseRows",
                grid: [(target.shape.elementCount / count).dividedUp(by: 256), 1, 1], block: [256, 1],
                parameters: parameters.bytes, pointers: parameters.pointers, writes: [target.storage]))
    }

    /// The target's axes in the order they lie in memory, those as one that are one in every view: four at most.
    private static func axes(of views: [View], _ target: View) throws -> [[Int]] {
        var result: [[Int]] = []
        let order = (0..<target.shape.rank).filter { target.shape[$0] != 1 }
            .sorted { (target.strides[$0], $1) > (target.strides[$1], $0) }
        for axis in order {
            let joins = result.last?.last.map { outer in
                views.allSatisfy {
                    $0.strides[outer] == $0.shape[axis] * $0.strides[axis]
                        && $0.shape[outer] == target.shape[outer] && $0.shape[axis] == target.shape[axis]
                }
            }
            if joins == true {
                result[result.count - 1].append(axis)
            } else {
                result.append([axis])
            }
        }
        guard result.count <= CUDA_AXES else {
            throw EngineError(
                .compileFailed, "there is no kernel for values of \(target.shape) as they lie in memory")
        }
        return [[Int]](repeating: [], count: CUDA_AXES - result.count) + result
    }

    /// Neighbours that one thread of `elementwiseRows` takes.
    private static let row = 8

    /// Whether the last axis can be taken by rows: neighbours are neighbours on both sides.
    private static func isOfRows(_ input: View, _ target: View) -> Bool {
        target.shape[3] % row == 0 && target.strides[3] == 1 && input.shape[3] == target.shape[3]
            && input.strides[3] <= 1
    }

    private static func arranged(_ view: View, _ axes: [[Int]]) -> View {
        var result = view
        result.shape = Shape(axes.map { $0.reduce(1) { $0 * view.shape[$1] } })
        result.strides = axes.map { $0.last.map { view.strides[$0] } ?? 0 }
        return result
    }

    private static func four(_ numbers: [Int]) -> (Int32, Int32, Int32, Int32) {
        (Int32(numbers[0]), Int32(numbers[1]), Int32(numbers[2]), Int32(numbers[3]))
    }

    mutating func embedding(_ node: Graph.Node, _ index: Int) throws -> View {
        let (table, ids) = (try view(node.operands[0]), try view(node.operands[1]))
        let rows = try self.rows(table, as: table.type)
        let numbers = try dense(ids, as: .int64)
        let output = makeView(node.type.shape, storedType(node, index))
        let (count, width) = (ids.shape.elementCount, table.shape[1])
        var parameters = Parameters(cuda_embedding())
        parameters.point(\.ids, to: numbers)
        parameters.set(\.table, to: try reshaped(rows, [1, 1, table.shape[0], width]))
        parameters.set(\.output, to: try reshaped(output, [1, 1, count, width]))
        (parameters.body.rows, parameters.body.width) = (Int32(table.shape[0]), Int32(width))
        program.append(
            Launch(
                module: .elementwise, function: "embedding", grid: [count, 1, 1], block: [256, 1],
                parameters: parameters.bytes, pointers: parameters.pointers, writes: [output.storage]))
        return output
    }
}
