import Graph
import Weights

typealias Value = Graph.Value

/// A place in the model: the weights under a name, and the builder that takes the nodes made there.
///
/// Modules are walked by diffusers' own names (`module("resnets.0") { … }`), so a weight's name in the file and a
/// node's name in the graph are the same and nothing is renamed.
struct Module {
    let weights: WeightCursor
    let builder: GraphBuilder

    func callAsFunction<Result>(_ name: String, _ body: (Module) throws -> Result) throws -> Result {
        try builder.scope(name) { try body(Module(weights: weights[name], builder: builder)) }
    }

    func shape(of value: Value) -> Shape { builder.shape(of: value) }
}

extension Module {
    /// - Parameter x: [1, C, H, W].
    /// - Parameter padding: by default the one that keeps the size at stride 1.
    func conv2d(
        _ name: String, _ x: Value, channels: Int, kernel: Int = 3, stride: Int = 1,
        padding: Graph.Operation.Padding? = nil, bias: Bool = true
    ) throws -> Value {
        try self(name) { module in
            let weight = try module.weights.constant(
                "weight", [channels, shape(of: x)[1], kernel, kernel], in: builder)
            return try builder.conv2d(
                x, weight: weight,
                bias: bias ? module.weights.constant("bias", [channels], in: builder) : nil,
                stride: stride, padding: padding ?? .init((kernel - 1) / 2))
        }
    }

    /// - Parameter x: […, features in].
    func linear(_ name: String, _ x: Value, features: Int, bias: Bool = true) throws -> Value {
        try self(name) { module in
            let weight = try module.weights.constant("weight", [features, shape(of: x)[-1]], in: builder)
            return try builder.linear(
                x, weight: weight, bias: bias ? module.weights.constant("bias", [features], in: builder) : nil)
        }
    }

    func groupNorm(_ name: String, _ x: Value, groups: Int, epsilon: Float) throws -> Value {
        try self(name) { module in
            let channels = shape(of: x)[1]
            return try builder.groupNorm(
                x, weight: module.weights.constant("weight", [channels], in: builder),
                bias: module.weights.constant("bias", [channels], in: builder), groups: groups, epsilon: epsilon)
        }
    }

    func layerNorm(_ name: String, _ x: Value, epsilon: Float = 1e-5) throws -> Value {
        try self(name) { module in
            let channels = shape(of: x)[-1]
            return try builder.layerNorm(
                x, weight: module.weights.constant("weight", [channels], in: builder),
                bias: module.weights.constant("bias", [channels], in: builder), epsilon: epsilon)
        }
    }

    /// [1, C, H, W] as [1, H·W, C].
    func tokens(_ x: Value) throws -> Value {
        let shape = shape(of: x)
        let flat = try builder.reshape(x, [shape[0], shape[1], shape[2] * shape[3]])
        return try builder.transpose(flat, [0, 2, 1])
    }

    /// [1, H·W, C] as [1, C, H, W].
    func featureMap(_ tokens: Value, height: Int, width: Int) throws -> Value {
        let turned = try builder.transpose(tokens, [0, 2, 1])
        return try builder.reshape(turned, [shape(of: turned)[0], shape(of: turned)[1], height, width])
    }
}

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
