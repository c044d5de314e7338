import CUDAKernels
import Graph

/// One operation on every number of a kernel's result, before it is stored.
struct ChainStep {
    var kind: cuda_step_kind
    /// A clamp's bounds, or a number for operand in `lower`.
    var lower: Float = 0
    var upper: Float = 0
    /// Of the shape of the result.
    var operand: View?

    init(_ function: Graph.Operation.Unary) {
        kind =
            switch function {
            case .silu: CUDA_SILU
            case .gelu: CUDA_GELU
            case .geluTanh: CUDA_GELU_TANH
            case .quickGelu: CUDA_QUICK_GELU
            case .relu: CUDA_RELU
            case .tanh: CUDA_TANH
            case .sigmoid: CUDA_SIGMOID
            case .sin: CUDA_SIN
            case .cos: CUDA_COS
            case .exp: CUDA_EXP
            case .sqrt: CUDA_SQRT
            case .round: CUDA_ROUND
            }
    }

    init(clamp lower: Float, _ upper: Float) { (kind, self.lower, self.upper) = (CUDA_CLAMP, lower, upper) }

    /// - Parameter isReversed: the result is the right operand.
    init(_ function: Graph.Operation.Binary, _ operand: Operand, isReversed: Bool = false) {
        kind =
            switch function {
            case .add: CUDA_ADD
            case .subtract: isReversed ? CUDA_SUBTRACT_FROM : CUDA_SUBTRACT
            case .multiply: CUDA_MULTIPLY
            case .divide: isReversed ? CUDA_DIVIDE_INTO : CUDA_DIVIDE
            }
        switch operand {
        case .number(let number): lower = number
        case .view(let view): self.operand = view
        }
    }

    enum Operand {
        case number(Float)
        case view(View)
    }
}
