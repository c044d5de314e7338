import Graph

/// The activation functions configs name.
enum Activation: Sendable, Equatable {
    case silu, relu, gelu, quickGelu

    /// diffusers' `get_activation` and transformers' `ACT2FN`: the names both know.
    init?(named name: String) {
        switch name.lowercased() {
        case "silu", "swish": self = .silu
        case "relu": self = .relu
        case "gelu": self = .gelu
        case "quick_gelu": self = .quickGelu
        default: return nil
        }
    }

    func callAsFunction(_ x: Value, _ builder: GraphBuilder) -> Value {
        switch self {
        case .silu: builder.unary(.silu, x)
        case .relu: builder.unary(.relu, x)
        case .gelu: builder.unary(.gelu, x)
        case .quickGelu: builder.unary(.quickGelu, x)
        }
    }
}
