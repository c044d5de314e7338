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
