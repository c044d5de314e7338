import Graph

/// Makes a graph into a model of ONNX operators, node after node.
struct GraphLowering {
    let graph: Graph
    /// How the device keeps the numbers.
    let types: DeviceTypes
    /// Bytes that an attention's scores may take at once: longer sequences of queries are taken in parts.
    let largestScores: Int
    var model = ONNXModel()
    /// What each node of the graph has become.
    private var tensors: [Int: ONNXModel.Tensor] = [:]
    /// Inputs in the type that is computed in, where that is another than theirs.
    private var convertedInputs: [Int: ONNXModel.Tensor] = [:]
    private var tensorCount = 0
    /// The initializers there are: a constant that is read in two shapes is two of them over the same bytes.
    private var initializerNames: Set<String> = []

    static func inputName(_ index: Int) -> String { "in\(index)" }
    static func outputName(_ index: Int) -> String { "out\(index)" }

    init(_ graph: Graph, types: DeviceTypes, largestScores: Int) {
        (self.graph, self.types, self.largestScores) = (graph, types, largestScores)
    }

    /// - Throws: `EngineError.compileFailed` for what ONNX has no operator for.
    mutating func lowered() throws -> ONNXModel {
        for (index, binding) in graph.inputs.enumerated() {
            let type = graph[binding.value].type
            let input = ONNXModel.Tensor(name: Self.inputName(index), type: types.bound(type))
            model.inputs.append(input)
            tensors[binding.value.index] = input
        }
        let needed = graph.neededNodes
        for (index, node) in graph.nodes.enumerated() where needed.contains(index) {
            // Constants are placed where they are read.
            if tensors[index] != nil || constant(node, at: index) != nil { continue }
            tensors[index] = try lower(node)
        }
        for (index, binding) in graph.outputs.enumerated() {
            let output = ONNXModel.Tensor(
                name: Self.outputName(index), type: types.bound(graph[binding.value].type))
            let value = try unconverted(binding.value)
            // A node of its own: an output may be an input, a constant, or the same value as another output.
            if value.type.dataType == output.type.dataType {
                append("Identity", binding.name, [value], [], to: output)
            } else {
                append("Cast", binding.name, [value], [.int("to", Int(output.type.dataType.onnxCode))], to: output)
            }
            model.outputs.append(output)
        }
        return model
    }

    /// Appends a node of one result.
    mutating func node(
        _ operation: String, _ name: String, _ inputs: [ONNXModel.Tensor], _ attributes: [ONNXModel.Attribute] = [],
        _ shape: Shape, _ dataType: DataType? = nil
    ) -> ONNXModel.Tensor {
        let result = newTensor(TensorType(shape, dataType ?? inputs[0].type.dataType))
        append(operation, name, inputs, attributes, to: result)
        return result
    }

    /// Appends a node whose results have one type.
    mutating func nodes(
        _ operation: String, _ name: String, _ inputs: [ONNXModel.Tensor], _ attributes: [ONNXModel.Attribute],
        _ shape: Shape, count: Int
    ) -> [ONNXModel.Tensor] {
        let results = (0..<count).map { _ in newTensor(TensorType(shape, inputs[0].type.dataType)) }
        append(operation, name, inputs, attributes, to: results)
        return results
    }

    private mutating func newTensor(_ type: TensorType) -> ONNXModel.Tensor {
        defer { tensorCount += 1 }
        return ONNXModel.Tensor(name: "t\(tensorCount)", type: type)
    }

    private mutating func append(
        _ operation: String, _ name: String, _ inputs: [ONNXModel.Tensor], _ attributes: [ONNXModel.Attribute],
        to results: ONNXModel.Tensor...
    ) { append(operation, name, inputs, attributes, to: results) }

    private mutating func append(
        _ operation: String, _ name: String, _ inputs: [ONNXModel.Tensor], _ attributes: [ONNXModel.Attribute],
        to results: [ONNXModel.Tensor]
    ) {
        // Names have to differ; what comes before the number is the model's own.
        model.nodes.append(
            ONNXModel.Node(
                operation: operation, name: "\(name)#\(model.nodes.count)", inputs: inputs.map(\.name),
                outputs: results.map(\.name), attributes: attributes))
    }

    mutating func cast(_ x: ONNXModel.Tensor, to dataType: DataType, _ name: String) -> ONNXModel.Tensor {
        guard x.type.dataType != dataType else { return x }
        return node("Cast", name, [x], [.int("to", Int(dataType.onnxCode))], x.shape, dataType)
    }

    mutating func reshaped(_ x: ONNXModel.Tensor, to shape: Shape, _ name: String) -> ONNXModel.Tensor {
        guard x.shape != shape else { return x }
        return node("Reshape", name, [x, integers(shape.dimensions)], [.int("allowzero", 1)], shape)
    }

    mutating func transposed(_ x: ONNXModel.Tensor, by permutation: [Int], _ name: String) -> ONNXModel.Tensor {
        node("Transpose", name, [x], [.ints("perm", permutation)], Shape(permutation.map { x.shape[$0] }))
    }
}

extension GraphLowering {
    /// An operand. A constant is placed where it is used, in the form and shape it is needed in.
    mutating func operand(
        _ value: Graph.Value, as shape: Shape? = nil, isTransposed: Bool = false
    ) throws -> ONNXModel.Tensor {
        let node = graph[value]
        if let (source, data) = constant(node, at: value.index) {
            let stored = graph.nodes[source].type
            let form = ConstantTable.Form(
                dataType: types.computed(node.type.dataType), isTransposed: isTransposed)
            let offset = model.constants.place(data, stored, node: source, as: form)
            let written = isTransposed ? Shape(stored.shape.dimensions.reversed()) : shape ?? stored.shape
            return initializer(at: offset, TensorType(written, form.dataType))
        }
        var tensor = try unconverted(value)
        if tensor.type.dataType != types.computed(node.type.dataType) {
            // Once for all that read it.
            tensor = convertedInputs[value.index] ?? cast(tensor, to: types.computed(node.type.dataType), node.name)
            convertedInputs[value.index] = tensor
        }
        if isTransposed { return transposed(tensor, by: [1, 0], node.name) }
        return reshaped(tensor, to: shape ?? tensor.shape, node.name)
    }

    /// An operand as it is bound: an input may be wider than what is computed in.
    mutating func unconverted(_ value: Graph.Value) throws -> ONNXModel.Tensor {
        let node = graph[value]
        if constant(node, at: value.index) != nil { return try operand(value) }
        guard let tensor = tensors[value.index] else {
            throw EngineError(.compileFailed, "\(node.name) is read before it is computed")
        }
        return tensor
    }

    /// The constant that node number `index` is, as it stands or converted: converted as it is read, for left to ONNX Runtime both
    /// forms would stay in memory.
    func constant(_ node: Graph.Node, at index: Int) -> (source: Int, data: any ConstantData)? {
        switch node.operation {
        case .constant(let data): return (index, data)
        case .convert:
            guard case .constant(let data) = graph[node.operands[0]].operation,
                types.reads(graph[node.operands[0]].type.dataType, as: types.computed(node.type.dataType)),
                // A device without bfloat16 rounds to it as it computes.
                types.hasBFloat16 || node.type.dataType != .bfloat16
            else { return nil }
            return (node.operands[0].index, data)
        default: return nil
        }
    }

    mutating func integers(_ numbers: [Int]) -> ONNXModel.Tensor {
        inline(InlineConstant(numbers.map(Int64.init)), TensorType([numbers.count], .int64))
    }

    mutating func floats(_ numbers: [Float]) -> ONNXModel.Tensor {
        inline(InlineConstant(numbers), TensorType([numbers.count]))
    }

    /// Numbers in the type that is computed in, or in `dataType`.
    mutating func numbers(_ numbers: [Float], _ shape: Shape, _ dataType: DataType? = nil) -> ONNXModel.Tensor {
        switch dataType ?? types.floatingPoint {
        case .float16:
            let bytes = numbers.map { Float16($0) }.withUnsafeBytes { Array($0) }
            return inline(InlineConstant(bytes: bytes), TensorType(shape, .float16))
        default: return inline(InlineConstant(numbers), TensorType(shape, .float32))
        }
    }

    private mutating func inline(_ data: InlineConstant, _ type: TensorType) -> ONNXModel.Tensor {
        initializer(at: model.constants.place(data, type), type)
    }

    private mutating func initializer(at offset: Int, _ type: TensorType) -> ONNXModel.Tensor {
        let name = "c\(offset) \(type)"
        let tensor = ONNXModel.Tensor(name: name, type: type)
        if initializerNames.insert(name).inserted {
            model.initializers.append(ONNXModel.Initializer(tensor: tensor, offset: offset))
        }
        return tensor
    }
}

extension Graph {
    /// The nodes that an output depends on: the weights of others need not be read.
    fileprivate var neededNodes: Set<Int> {
        var needed = Set(outputs.map(\.value.index))
        for index in nodes.indices.reversed() where needed.contains(index) {
            for operand in nodes[index].operands { needed.insert(operand.index) }
        }
        return needed
    }
}
