package import Graph

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

    /// - Parameter guidanceScale: as users know it; for models that `takesGuidanceScale`.
    package mutating func set(guidanceScale: Float) {
        set(ImageToImageGraph.Input.guidanceScale, [guidanceScale])
    }
}
