import Graph

/// Cuts a long segment into pieces that are compiled one after another.
///
/// An engine's compile takes a multiple of a piece's weights for a while; with pieces far smaller than the model, its
/// peak stays near the model's size.
final class SegmentCutter {
    private let builder: GraphBuilder
    private let name: String
    private let maximumBytes: Int?
    private var firstNode: Int
    private var pieces = 1

    /// - Parameter maximumBytes: of a piece's weights as float32; nil: one piece.
    init(_ builder: GraphBuilder, name: String, maximumBytes: Int?) {
        (self.builder, self.name, self.maximumBytes) = (builder, name, maximumBytes)
        firstNode = builder.finish().nodes.count
    }

    /// To be called where a cut would be cheap: starts a new segment if the current one is full.
    func cut() {
        guard let maximumBytes else { return }
        let nodes = builder.finish().nodes
        let elements = nodes[firstNode...].reduce(0) { sum, node in
            if case .constant = node.operation { sum + node.type.shape.elementCount } else { sum }
        }
        guard elements * DataType.float32.byteCount >= maximumBytes else { return }
        firstNode = nodes.count
        pieces += 1
        builder.beginSegment("\(name) \(pieces)")
    }
}
