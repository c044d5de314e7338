import Diffusion
package import Settings

extension ModelChoice {
    /// What a stream's keys name.
    package init(_ stream: StreamConfiguration) {
        self.init(model: stream.model)
        (vae, unet, scheduler, tokenizer) = (stream.vae, stream.unet, stream.scheduler, stream.tokenizer)
        (loras, embeddings) = (stream.loras, stream.embeddings)
        predictionType = stream.predictionType.flatMap(Scheduler.PredictionType.init(rawValue:))
    }
}

extension EngineChoice {
    /// What a stream's keys name: one for each device.
    package static func all(_ stream: StreamConfiguration) -> [EngineChoice] {
        EngineChoice(stream.engine, precision: stream.precision, threads: stream.threads).on(stream.devices)
    }
}
