import Foundation
import Graph

/// diffusers' `Timesteps` (`get_timestep_embedding`): the sinusoids of a number.
struct Timesteps {
    let channels: Int
    let flipSinToCos: Bool
    let downscaleFrequencyShift: Float

    /// - Parameter numbers: float32 [N].
    /// - Returns: [N, channels].
    func callAsFunction(_ numbers: Value, _ builder: GraphBuilder) throws -> Value {
        let half = channels / 2
        let frequencies = (0..<half).map { index -> Float in
            let exponent = Float(-log(10000.0)) * Float(index)
            return expf(exponent / (Float(half) - downscaleFrequencyShift))
        }
        return try Self.sinusoids(
            of: numbers, frequencies, cosineFirst: flipSinToCos, padding: channels % 2, builder)
    }

    /// [N, 2 · frequencies + padding]: sin(number · frequency) and cos(number · frequency), then zeros.
    static func sinusoids(
        of numbers: Value, _ frequencies: [Float], cosineFirst: Bool, padding: Int, _ builder: GraphBuilder
    ) throws -> Value {
        let count = builder.shape(of: numbers).elementCount
        let row = builder.constant(
            InlineConstant(frequencies), TensorType([1, frequencies.count]), name: "frequencies")
        let angles = try builder.multiply(builder.reshape(numbers, [count, 1]), row)
        let (sine, cosine) = (builder.unary(.sin, angles), builder.unary(.cos, angles))
        var parts = cosineFirst ? [cosine, sine] : [sine, cosine]
        if padding > 0 {
            let zeros = [Float](repeating: 0, count: count * padding)
            parts.append(builder.constant(InlineConstant(zeros), TensorType([count, padding]), name: "padding"))
        }
        return try builder.concat(parts, axis: 1)
    }
}

/// diffusers' `TimestepEmbedding`: two linear layers on the sinusoids.
struct TimestepEmbedding {
    let features: Int
    var activation = Activation.silu
    var postActivation: Activation?

    /// - Parameter condition: added to the input after `cond_proj` (`time_cond_proj_dim`: consistency models).
    func callAsFunction(_ sample: Value, condition: Value? = nil, _ module: Module) throws -> Value {
        let builder = module.builder
        var hidden = sample
        if let condition {
            let width = module.shape(of: sample)[-1]
            hidden = try builder.add(hidden, module.linear("cond_proj", condition, features: width, bias: false))
        }
        hidden = activation(try module.linear("linear_1", hidden, features: features), builder)
        hidden = try module.linear("linear_2", hidden, features: features)
        return postActivation?(hidden, builder) ?? hidden
    }
}
