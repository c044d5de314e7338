import Graph

/// A kernel that is not launched yet, because what follows may still become part of it: activations, additions and
/// conversions are done to its numbers before they are stored.
struct Pending {
    enum Base {
        case elementwise(Elementwise)
        case product(Product)
        case groupNorm(Norm, groups: Int)
        case layerNorm(Norm)
    }
    struct Elementwise {
        /// Of the result's shape, but where it is enlarged.
        let input: View
        var isEnlarged: Bool { enlargedShape != nil }
        /// Nearest neighbours to this shape.
        var enlargedShape: Shape?
    }
    struct Product {
        /// [batch, row, column, channel], with channels side by side.
        let input: View
        /// The picture that the kernel moves over: larger than the input where that is enlarged.
        let height, width: Int
        /// [output, kernel row, kernel column, channel], without gaps.
        let weight: View
        let stride: Int
        let padding: Graph.Operation.Padding
        let groups: Int
    }
    struct Norm {
        let input, weight, bias: View
        let epsilon: Float
    }
    /// What was done to the result's shape on the way to the value.
    enum Move {
        case transpose([Int])
        case reshape(from: Shape)
    }

    let base: Base
    /// Of the base's result: the four axes of a kernel for matrices or norms, any for an elementwise one.
    let baseShape: Shape
    /// How the base's result lies in memory, from the outermost axis to the innermost.
    let order: [Int]
    /// With operands of the base's shape.
    var steps: [ChainStep] = []
    var path: [Move] = []
    /// The value's shape and place in the result, of a storage that does not exist yet.
    var view: View
    /// What the graph converts the numbers to; nothing can follow that.
    var stored: DataType?

    init(_ base: Base, _ baseShape: Shape, order: [Int]? = nil) {
        let order = order ?? Array(0..<baseShape.rank)
        (self.base, self.baseShape, self.order) = (base, baseShape, order)
        view = View(storage: -1, baseShape, .float32, order: order)
    }

    mutating func transpose(_ permutation: [Int]) {
        path.append(.transpose(permutation))
        view = view.transposed(permutation)
    }

    /// - Returns: false, and changes nothing, where the result would have to be moved.
    mutating func reshape(_ shape: Shape) -> Bool {
        guard let result = view.reshaped(shape) else { return false }
        path.append(.reshape(from: view.shape))
        view = result
        return true
    }

    static let mostSteps = 8

    func canTake(_ count: Int) -> Bool { stored == nil && steps.count + count <= Self.mostSteps }

    /// The base is only enlarged, so far.
    var enlarged: Elementwise? {
        guard case .elementwise(let elementwise) = base, elementwise.isEnlarged, steps.isEmpty, path.isEmpty,
            stored == nil
        else { return nil }
        return elementwise
    }

    var isElementwise: Bool {
        if case .elementwise = base { true } else { false }
    }
}
