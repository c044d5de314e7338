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
