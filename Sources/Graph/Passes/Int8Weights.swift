extension Graph {
    /// The same graph with the weights of its matrices (`linear`) as int8 and a scale for each output, which engines
    /// widen as they multiply: a quarter of the memory of float32.
    ///
    /// Convolutions keep theirs, because engines hold them widened whatever they were given.
    package func withInt8Weights() -> Graph {
        let kept = nodesKept
        var result = self
        result.nodes = []
        var moved: [Int: Value] = [:]
        var matrices: [Int: Value] = [:]

        func append(_ operation: Operation, _ operands: [Value], _ type: TensorType, like node: Node) -> Value {
            result.nodes.append(
                Node(
                    operation: operation, operands: operands, type: type, name: node.name,
                    bindingTimes: node.bindingTimes, segment: node.segment))
            return Value(index: result.nodes.count - 1)
        }
        func matrix(_ weight: FloatValues, _ source: Value) -> Value {
            if let known = matrices[source.index] { return known }
            let node = self[source]
            let (rows, columns) = (node.type.shape[0], node.type.shape[1])
            let int8 = Int8Matrix(weight: weight, rows: rows, columns: columns)
            let values = append(.constant(int8.values), [], TensorType([rows, columns], .int8), like: node)
            let widened = append(.convert, [values], TensorType([rows, columns]), like: node)
            let scales = append(.constant(int8.scales), [], TensorType([rows, 1]), like: node)
            let value = append(.binary(.multiply), [widened, scales], TensorType([rows, columns]), like: node)
            matrices[source.index] = value
            return value
        }

        for (index, node) in nodes.enumerated() where kept.contains(index) {
            let weight = matrixWeight(of: node)
            let operands = node.operands.enumerated().compactMap { position, operand in
                if position == 1, let weight { return matrix(weight.values, weight.source) }
                return moved[operand.index]
            }
            moved[index] = append(node.operation, operands, node.type, like: node)
        }
        let rebound = { (binding: Binding) in
            moved[binding.value.index].map { Binding(name: binding.name, value: $0) }
        }
        result.inputs = inputs.compactMap(rebound)
        result.outputs = outputs.compactMap(rebound)
        return result
    }

    /// The stored constant behind a linear's weight; nil for other nodes and for weights that are computed.
    private func matrixWeight(of node: Node) -> (values: FloatValues, source: Value)? {
        guard case .linear = node.operation else { return nil }
        var source = node.operands[1]
        if case .convert = self[source].operation { source = self[source].operands[0] }
        guard case .constant(let data) = self[source].operation, self[source].type.dataType.isFloatingPoint else {
            return nil
        }
        return (FloatValues(data, self[source].type.dataType), source)
    }

    /// The inputs, and all that an output depends on but the weights that int8 takes the place of.
    private var nodesKept: Set<Int> {
        let ends = inputs + outputs
        var kept = Set(ends.map(\.value.index))
        for index in nodes.indices.reversed() where kept.contains(index) {
            let replacesWeight = matrixWeight(of: nodes[index]) != nil
            for (position, operand) in nodes[index].operands.enumerated() where !(replacesWeight && position == 1) {
                kept.insert(operand.index)
            }
        }
        return kept
    }
}

/// A weight matrix in int8: each row, which makes one output, with a scale of its own.
///
/// row ≈ scale · int8 with scale = max|row| / 127, so zero stays zero and no number is cut off.
struct Int8Matrix: Sendable {
    let weight: FloatValues
    let rows, columns: Int

    /// int8 [rows, columns].
    var values: any ConstantData { Values(matrix: self) }
    /// float32 [rows, 1].
    var scales: any ConstantData { Scales(matrix: self) }

    private struct Values: ConstantData {
        let matrix: Int8Matrix

        func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
            let result = buffer.bindMemory(to: Int8.self)
            try matrix.forEachRow { index, row, scale in
                let start = index * row.count
                for column in row.indices {
                    // At 1.5·2²³ the last bit stands for one: adding it rounds, ties to even, and leaves the result in
                    // the low bits.
                    let rounded = (row[column] / scale + 12_582_912).bitPattern
                    result[start + column] = Int8(truncatingIfNeeded: rounded)
                }
            }
        }
    }

    private struct Scales: ConstantData {
        let matrix: Int8Matrix

        func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
            let result = buffer.bindMemory(to: Float.self)
            try matrix.forEachRow { index, _, scale in result[index] = scale }
        }
    }

    private func forEachRow(_ body: (Int, UnsafeBufferPointer<Float>, _ scale: Float) -> Void) throws {
        let floats = try weight.values(count: rows * columns)
        floats.withUnsafeBufferPointer { floats in
            for index in 0..<rows {
                let row = UnsafeBufferPointer(rebasing: floats[index * columns..<(index + 1) * columns])
                let largest = row.reduce(0) { max($0, abs($1)) }
                body(index, row, largest > 0 ? largest / 127 : 1)
            }
        }
    }
}

/// An engine whose programs keep the weights of their matrices as int8: `Graph.withInt8Weights()`.
package struct Int8WeightsEngine: Engine {
    private let base: any Engine

    package init(_ base: any Engine) { self.base = base }

    package var name: String { base.name }
    package var description: String { "\(base.description), weights in int8" }
    package var largestPiece: Int? { base.largestPiece }
    package func makeBuffer(_ type: TensorType) throws -> any Buffer { try base.makeBuffer(type) }

    package func compile(_ graph: Graph, label: String) throws -> any Executable {
        try base.compile(graph.withInt8Weights(), label: label)
    }
}
