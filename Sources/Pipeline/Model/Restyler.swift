import Diffusion
import Graph
package import Media
package import Settings
import TorchRandom

/// One stream's use of a loaded model: pictures of the working size in, restyled ones out.
///
/// New settings are computed on the thread that restyles, before the frame they are first used for: whoever must not
/// wait, such as an output's clock, does not run on that thread.
///
/// `@unchecked Sendable`: one thread at a time uses it.
package final class Restyler: FrameRestyler, @unchecked Sendable {
    package let model: LoadedModel
    private var instance: ProgramInstance
    private var steps = 1
    /// What the active settings were computed from; nil before the first frame.
    private var current: Wanted?
    private var noise: (seed: Int64, steps: Int, first: [Float], fresh: [[Float]])?

    /// The part of a snapshot that the model's programs depend on.
    private struct Wanted: Equatable {
        let prompt: PromptBlend
        let strength: Double
        let seed: Int64
        let steps: Int

        init(_ snapshot: SettingsSnapshot) {
            let settings = snapshot.settings
            (prompt, strength) = (snapshot.prompt, settings.strength)
            (seed, steps) = (settings.seed, settings.steps)
        }
    }

    package init(_ model: LoadedModel) throws {
        self.model = model
        instance = try model.program.makeInstance()
    }

    /// The model is compiled for one size; sources of every size are scaled to it.
    package func workingSize(forSource width: Int, _ height: Int) -> (width: Int, height: Int) {
        (model.size.width, model.size.height)
    }

    /// How long each segment of the last frame took: encode, denoise, decode.
    package var segmentDurations: [(label: String, duration: Duration)] {
        Array(zip(instance.segmentLabels, instance.segmentDurations))
    }

    /// Makes the settings those of the next frame. Costs nothing where they have not changed.
    package func apply(_ snapshot: SettingsSnapshot) throws {
        let wanted = Wanted(snapshot)
        // At strength 0 the model is not asked at all.
        guard wanted != current, wanted.strength > 0 else { return }
        let inputs = try inputs(wanted)
        if wanted.steps != steps {
            instance = try model.program.makeInstance(steps: wanted.steps)
            steps = wanted.steps
        }
        try instance.prepare(inputs)
        instance.activate()
        current = wanted
    }

    /// - Parameter image: of the model's working size.
    /// - Returns: a picture of the same size; the very same one at strength 0.
    package func restyle(_ image: RGBImage, with snapshot: SettingsSnapshot) throws -> RGBImage {
        guard snapshot.settings.strength > 0 else { return image }
        try apply(snapshot)
        var result = RGBImage(width: image.width, height: image.height)
        try image.bytes.withUnsafeBytes { picture in
            try result.bytes.withUnsafeMutableBytes { try instance.restyle(picture, into: $0) }
        }
        return result
    }

    private func inputs(_ wanted: Wanted) throws -> ProgramInputs {
        var inputs = ProgramInputs()
        inputs.set(try model.model.scheduler.schedule(strength: wanted.strength, steps: wanted.steps))
        inputs.set(try model.prompts.embedding(of: wanted.prompt))
        let noise = noise(wanted)
        inputs.set(noise: noise.first, fresh: noise.fresh)
        if model.model.takesGuidanceScale { inputs.set(guidanceScale: Self.guidanceScale) }
        return inputs
    }

    /// What diffusers' latent consistency pipeline takes by default.
    private static let guidanceScale: Float = 8.5

    /// The stream's noise is the generator's first draw, each further step's the next one. Kept, because a strength
    /// that moves should not draw anew for every frame.
    private func noise(_ wanted: Wanted) -> (first: [Float], fresh: [[Float]]) {
        if let noise, noise.seed == wanted.seed, noise.steps == wanted.steps { return (noise.first, noise.fresh) }
        let count = model.model.latentShape(model.size).elementCount
        var generator = TorchGenerator(seed: Int(wanted.seed))
        let first = generator.normals(count)
        let fresh = (1..<wanted.steps).map { _ in generator.normals(count) }
        noise = (wanted.seed, wanted.steps, first, fresh)
        return (first, fresh)
    }
}
