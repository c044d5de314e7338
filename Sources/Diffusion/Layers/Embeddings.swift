import Foundation
import Graph
import Weights

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

/// The guidance scale's sinusoids for `time_cond_proj_dim`: diffusers' `get_guidance_scale_embedding`.
struct GuidanceEmbedding {
    let features: Int

    /// - Parameter scale: float32 [1], as users know it; the model takes scale − 1, in thousandths.
    /// - Returns: [1, features].
    func callAsFunction(_ scale: Value, _ builder: GraphBuilder) throws -> Value {
        let half = features / 2
        let frequencies = (0..<half).map { expf(Float($0) * (-logf(10000) / Float(half - 1))) }
        let weight = try builder.multiply(
            builder.subtract(scale, builder.scalar(1)), builder.scalar(1000))
        return try Timesteps.sinusoids(
            of: weight, frequencies, cosineFirst: false, padding: features % 2, builder)
    }
}

/// diffusers' `TextTimeEmbedding` (`addition_embed_type: text`): the prompt pooled by attention into the time embedding.
struct TextTimeEmbedding {
    let features: Int
    let heads: Int

    /// - Parameter prompt: [1, M, D].
    /// - Returns: [1, features].
    func callAsFunction(_ prompt: Value, _ module: Module) throws -> Value {
        let builder = module.builder
        let normed = try module.layerNorm("norm1", prompt)
        let pooled = try module("pool") { try pool(normed, $0) }
        let projected = try module.linear(
            "proj", builder.reshape(pooled, [1, module.shape(of: prompt)[2]]), features: features)
        return try module.layerNorm("norm2", projected)
    }

    /// diffusers' `AttentionPooling`: the mean token attends to itself and all others. Returns [1, 1, D].
    private func pool(_ x: Value, _ module: Module) throws -> Value {
        let builder = module.builder
        let (count, width) = (module.shape(of: x)[1], module.shape(of: x)[2])
        let shares = builder.constant(
            InlineConstant([Float](repeating: 1 / Float(count), count: count)), TensorType([1, count]), name: "mean")
        let mean = try builder.linear(builder.transpose(x, [0, 2, 1]), weight: shares, bias: nil)
        let position = try module.weights.constant("positional_embedding", [1, width], in: builder)
        let token = try builder.add(builder.transpose(mean, [0, 2, 1]), position)
        let all = try builder.concat([token, x], axis: 1)
        return try builder.attention(
            query: module.linear("q_proj", token, features: width), key: module.linear("k_proj", all, features: width),
            value: module.linear("v_proj", all, features: width), heads: heads)
    }
}
