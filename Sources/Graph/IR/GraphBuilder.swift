/// Builds a graph front to back, checking every operand's shape as it goes.
///
/// A class, because the modules of a model all append to the same graph.
package final class GraphBuilder {
    package typealias Value = Graph.Value
    /// As far as it is built.
    package private(set) var graph = Graph()
    private var segment = 0
    private var scope: [String] = []

    package init(segment: String = "main") { graph.segments = [segment] }

    /// Nodes added from here on belong to a new segment, which runs after all earlier ones.
    package func beginSegment(_ name: String) {
        if graph.nodes.isEmpty {
            graph.segments = [name]
        } else {
            graph.segments.append(name)
            segment = graph.segments.count - 1
        }
    }

    /// Says that the current segment's numbers leave float16's range.
    package func markBeyondFloat16() { graph.segmentsBeyondFloat16.insert(graph.segments[segment]) }

    /// Names the nodes made in `body` after the module they belong to.
    package func scope<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        scope.append(name)
        defer { scope.removeLast() }
        return try body()
    }

    package func type(of value: Value) -> TensorType { graph[value].type }
    package func shape(of value: Value) -> Shape { graph[value].type.shape }

    package func input(_ name: String, _ type: TensorType, from source: BindingTimes) -> Value {
        let value = append(.input(source), [], type, name: name, times: source)
        graph.inputs.append(Graph.Binding(name: name, value: value))
        return value
    }

    package func constant(_ data: any ConstantData, _ type: TensorType, name: String) -> Value {
        append(.constant(data), [], type, name: name, times: [])
    }

    package func output(_ name: String, _ value: Value) {
        graph.outputs.append(Graph.Binding(name: name, value: value))
    }

    package func finish() -> Graph { graph }

    func append(
        _ operation: Graph.Operation, _ operands: [Value], _ type: TensorType, name: String = "",
        times: BindingTimes? = nil
    ) -> Value {
        let path = (scope + (name.isEmpty ? [] : [name])).joined(separator: ".")
        let union = times ?? operands.reduce(into: BindingTimes()) { $0.formUnion(graph[$1].bindingTimes) }
        graph.nodes.append(
            Graph.Node(
                operation: operation, operands: operands, type: type, name: path, bindingTimes: union,
                segment: segment))
        return Value(index: graph.nodes.count - 1)
    }

    func require(
        _ condition: Bool, _ message: @autoclosure () -> String, else code: GraphError.Code = .shapeMismatch
    ) throws {
        guard condition else { throw GraphError(code, message(), at: scope.joined(separator: ".")) }
    }
}
