import Graph

/// A model in ONNX's terms: nodes by name, with their constants in one table beside them.
///
/// See the ONNX operator schemas; the operator set is `operatorSet`.
struct ONNXModel {
    /// Gelu is an operator since 20, and every release that has the model editor knows it.
    static let operatorSet: Int32 = 20

    enum Attribute {
        case int(String, Int)
        case ints(String, [Int])
        case float(String, Float)
        case string(String, String)
    }

    struct Node {
        let operation: String
        let name: String
        let inputs: [String]
        let outputs: [String]
        let attributes: [Attribute]
    }

    /// A value that has a name.
    struct Tensor {
        let name: String
        let type: TensorType
        var shape: Shape { type.shape }
    }

    struct Initializer {
        let tensor: Tensor
        /// Where its bytes lie in the table.
        let offset: Int
    }

    var inputs: [Tensor] = []
    var outputs: [Tensor] = []
    var nodes: [Node] = []
    var initializers: [Initializer] = []
    var constants = ConstantTable()
}
