/// An engine whose programs keep the weights of their matrices as int8: `Graph.withInt8Weights()`.
public struct Int8WeightsEngine: Engine {
    private let base: any Engine

    public init(_ base: any Engine) { self.base = base }

    public var name: String { base.name }
    public var description: String { "\(base.description), weights in int8" }
    public var largestPiece: Int? { base.largestPiece }
    public func makeBuffer(_ type: TensorType) throws -> any Buffer { try base.makeBuffer(type) }

    public func compile(_ graph: Graph, label: String) throws -> any Executable {
        try base.compile(graph.withInt8Weights(), label: label)
    }
}
