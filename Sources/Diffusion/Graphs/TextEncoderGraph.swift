package import Graph
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
    /// Rows of the table of tokens.
    let vocabularySize: Int
    let weights: WeightCursor
    /// "text_encoder", "text_encoder_2".
    let name: String

    func build() throws -> Graph {
        let builder = GraphBuilder(segment: name)
        let ids = builder.input(Input.ids, TensorType([1, model.config.positions], .int64), from: .prompt)
        let end =
            model.output == .penultimateAndPooled
            ? builder.input(Input.endPosition, TensorType([1], .int64), from: .prompt) : nil
        var model = model
        model.tableSize = vocabularySize
        let result = try builder.scope(name) {
            try model(ids: ids, endPosition: end, Module(weights: weights, builder: builder))
        }
        builder.output(Output.hiddenStates, result.hiddenStates)
        if let pooled = result.pooled { builder.output(Output.pooled, pooled) }
        return builder.finish()
    }
}

/// A stream's settings as the inputs of `ImageToImageGraph`.
extension ProgramInputs {
    package mutating func set(_ schedule: DenoisingSchedule) {
        typealias Input = ImageToImageGraph.Input
        set(Input.latentScale, [schedule.latentScale])
        set(Input.noiseScale, [schedule.noiseScale])
        set(Input.timestep, steps: schedule.steps.map { [Float($0.timestep)] })
        set(Input.inputScale, steps: schedule.steps.map { [$0.inputScale] })
        set(Input.sampleCoefficient, steps: schedule.steps.map { [$0.sampleCoefficient] })
        set(Input.outputCoefficient, steps: schedule.steps.map { [$0.outputCoefficient] })
        set(Input.noiseCoefficient, steps: schedule.steps.map { [$0.noiseCoefficient] })
    }

    package mutating func set(_ prompt: PromptEmbedding) {
        set(ImageToImageGraph.Input.prompt, prompt.hiddenStates)
        if let pooled = prompt.pooled { set(ImageToImageGraph.Input.pooledPrompt, pooled) }
    }

    /// - Parameters:
    ///   - noise: the stream's, of `DiffusionModel.latentShape`.
    ///   - fresh: one draw of the same shape for each step but the last.
    package mutating func set(noise: [Float], fresh: [[Float]] = []) {
        set(ImageToImageGraph.Input.noise, noise)
        // The last step ends without noise, whatever its input holds.
        set(ImageToImageGraph.Input.stepNoise, steps: fresh + [[Float](repeating: 0, count: noise.count)])
    }

    /// - Parameter controlScales: one for each control.
    package mutating func set(controlScales: [Float]) {
        for (index, scale) in controlScales.enumerated() {
            set(ImageToImageGraph.Input.controlScale(index), [scale])
        }
    }

    /// - Parameter guidanceScale: as users know it; for models that `takesGuidanceScale`.
    package mutating func set(guidanceScale: Float) {
        set(ImageToImageGraph.Input.guidanceScale, [guidanceScale])
    }
}
