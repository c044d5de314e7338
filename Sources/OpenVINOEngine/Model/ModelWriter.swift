import Graph

/// Writes a graph as OpenVINO's intermediate representation: XML naming the layers and the edges between their ports,
/// with the constants in one buffer beside it.
///
/// See OpenVINO's documentation, "Intermediate Representation and Operation Sets".
struct ModelWriter {
    /// A layer's output port.
    struct Port {
        let layer: Int
        let port: Int
        let type: TensorType
        var shape: Shape { type.shape }
    }

    private(set) var xml = ""
    var constants = ConstantTable()
    private var layers = ""
    private var edges = ""
    private var layerCount = 0
    /// What each node of the graph has become.
    var ports: [Int: Port] = [:]
    let graph: Graph

    init(_ graph: Graph) { self.graph = graph }

    static func inputName(_ index: Int) -> String { "in\(index)" }

    /// - Throws: `EngineError.compileFailed` for what OpenVINO has no operation for.
    mutating func write(label: String) throws {
        // Every input is a parameter, read or not, so that all can be bound.
        for (index, binding) in graph.inputs.enumerated() {
            let type = graph[binding.value].type
            ports[binding.value.index] =
                layer(
                    "Parameter", 1, "shape=\"\(Self.list(type.shape))\" element_type=\"\(type.dataType.elementType)\"",
                    [],
                    [type], name: Self.inputName(index)
                ).first
        }
        let needed = graph.neededNodes
        for (index, node) in graph.nodes.enumerated() where needed.contains(index) {
            // Constants are written where they are read.
            let isWritten = node.isConstant || graph.widenedConstant(node) != nil
            if isWritten || ports[index] != nil { continue }
            ports[index] = try lower(node)
        }
        for binding in graph.outputs { layer("Result", 1, "", [try operand(binding.value)], []) }
        xml =
            "<?xml version=\"1.0\"?>\n<net name=\"\(Self.escaped(label))\" version=\"11\"><layers>\n" + layers
            + "</layers><edges>\n" + edges + "</edges><rt_info/></net>\n"
        (layers, edges) = ("", "")
    }

    /// Appends a layer of operation set `version`.
    mutating func layer(
        _ operation: String, _ version: Int, _ attributes: String, _ inputs: [Port], _ output: TensorType
    ) -> Port {
        let port = inputs.count
        let layer = layerCount
        self.layer(operation, version, attributes, inputs, [output])
        return Port(layer: layer, port: port, type: output)
    }

    @discardableResult
    mutating func layer(
        _ operation: String, _ version: Int, _ attributes: String, _ inputs: [Port], _ outputs: [TensorType],
        name: String? = nil
    ) -> [Port] {
        let id = layerCount
        layerCount += 1
        layers += "<layer id=\"\(id)\" name=\"\(id)\" type=\"\(operation)\" version=\"opset\(version)\">"
        if !attributes.isEmpty { layers += "<data \(attributes)/>" }
        if !inputs.isEmpty {
            layers += "<input>"
            for (index, input) in inputs.enumerated() {
                layers += Self.port(index, input.type)
                edges +=
                    "<edge from-layer=\"\(input.layer)\" from-port=\"\(input.port)\" to-layer=\"\(id)\" "
                    + "to-port=\"\(index)\"/>\n"
            }
            layers += "</input>"
        }
        if !outputs.isEmpty {
            layers += "<output>"
            for (index, type) in outputs.enumerated() {
                layers += Self.port(inputs.count + index, type, name)
            }
            layers += "</output>"
        }
        layers += "</layer>\n"
        return outputs.enumerated().map { Port(layer: id, port: inputs.count + $0, type: $1) }
    }

    private static func port(_ id: Int, _ type: TensorType, _ name: String? = nil) -> String {
        let names = name.map { " names=\"\($0)\"" } ?? ""
        let dimensions = type.shape.dimensions.map { "<dim>\($0)</dim>" }.joined()
        return "<port id=\"\(id)\" precision=\"\(type.dataType.portPrecision)\"\(names)>\(dimensions)</port>"
    }

    static func list(_ shape: Shape) -> String { list(shape.dimensions) }
    static func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }
}

extension Graph {
    /// The nodes that an output depends on: the weights of others need not be read.
    var neededNodes: Set<Int> {
        var needed = Set(outputs.map(\.value.index))
        for index in nodes.indices.reversed() where needed.contains(index) {
            for operand in nodes[index].operands { needed.insert(operand.index) }
        }
        return needed
    }
}
