import Graph
import Weights

/// transformers' `CLIPTextModel` and `CLIPTextModelWithProjection`.
struct CLIPTextModel {
    enum Output: Sendable {
        /// The last layer's result after the final norm: what Stable Diffusion takes.
        case lastHiddenState
        /// The result of the last layer but one, without the final norm: what SDXL takes.
        case penultimateHiddenState
        /// That, and the projected end token of the last layer: SDXL's second encoder.
        case penultimateAndPooled
    }

    struct Result {
        /// [1, positions, hidden_size].
        let hiddenStates: Value
        /// [1, projection_dim].
        let pooled: Value?
    }

    let config: CLIPTextConfig
    let output: Output

    /// - Parameters:
    ///   - ids: int64 [1, positions].
    ///   - endPosition: int64 [1], where the end token stands.
    func callAsFunction(ids: Value, endPosition: Value?, _ module: Module) throws -> Result {
        // Published files carry the prefix for both classes; transformers 5 writes CLIPTextModel's without.
        let hasPrefix = module.weights["text_model"].contains("final_layer_norm.weight")
        guard hasPrefix else { return try run(ids, endPosition, module, projection: module) }
        return try module("text_model") { try run(ids, endPosition, $0, projection: module) }
    }

    private func run(_ ids: Value, _ endPosition: Value?, _ module: Module, projection: Module) throws -> Result {
        let builder = module.builder
        var hidden = try module("embeddings") { module in
            let (size, count) = (config.hiddenSize, module.shape(of: ids)[1])
            let tokens = try module.weights.constant(
                "token_embedding.weight", [config.vocabularySize, size], in: builder)
            let positions = try module.weights.constant(
                "position_embedding.weight", [config.positions, size], in: builder)
            let used = count == config.positions ? positions : try builder.slice(positions, axis: 0, 0..<count)
            return try builder.add(builder.embedding(table: tokens, ids: ids), used)
        }
        var penultimate = hidden
        let needed = output == .penultimateHiddenState ? config.layers - 1 : config.layers
        for index in 0..<needed {
            penultimate = hidden
            hidden = try module("encoder.layers.\(index)") { try CLIPEncoderLayer(config: config)(hidden, $0) }
        }
        if output == .penultimateHiddenState { return Result(hiddenStates: hidden, pooled: nil) }
        let last = try module.layerNorm("final_layer_norm", hidden, epsilon: config.epsilon)
        guard output == .penultimateAndPooled, let endPosition else {
            return Result(hiddenStates: last, pooled: nil)
        }
        let shape = module.shape(of: last)
        let end = try builder.embedding(table: builder.reshape(last, [shape[1], shape[2]]), ids: endPosition)
        return Result(
            hiddenStates: penultimate,
            pooled: try projection.linear("text_projection", end, features: config.projectionSize, bias: false))
    }

    /// Weights a checkpoint holds that this output has no use for.
    var unusedWeights: [String] {
        guard output == .penultimateHiddenState else { return [] }
        return ["encoder.layers.\(config.layers - 1).", "final_layer_norm."].flatMap { ["text_model.\($0)", $0] }
    }
}
