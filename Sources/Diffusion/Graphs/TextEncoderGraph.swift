import Graph
import Weights

/// A text encoder as a graph: token ids in, prompt embeddings out.
package struct TextEncoderGraph {
    package enum Input {
        /// int64 [1, positions].
        package static let ids = "input_ids"
        /// int64 [1]: where the end token stands (`TextEncoder.endPosition`); only encoders with a pooled output.
        package static let endPosition = "end_position"
    }
    package enum Output {
        /// [1, positions, features].
        package static let hiddenStates = "hidden_states"
        /// [1, features].
        package static let pooled = "pooled"
    }

    let model: CLIPTextModel
    let weights: WeightCursor
    /// "text_encoder", "text_encoder_2".
    let name: String

    func build() throws -> Graph {
        let builder = GraphBuilder(segment: name)
        let ids = builder.input(Input.ids, TensorType([1, model.config.positions], .int64), from: .prompt)
        let end =
            model.output == .penultimateAndPooled
            ? builder.input(Input.endPosition, TensorType([1], .int64), from: .prompt) : nil
        let result = try builder.scope(name) {
            try model(ids: ids, endPosition: end, Module(weights: weights, builder: builder))
        }
        builder.output(Output.hiddenStates, result.hiddenStates)
        if let pooled = result.pooled { builder.output(Output.pooled, pooled) }
        return builder.finish()
    }
}
