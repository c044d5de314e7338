import Diffusion
import Graph
package import Media
package import Settings
import Synchronization
import TorchRandom

/// One stream's use of a loaded model: pictures of the working size in, restyled ones out.
package final class Restyler: FrameRestyler, Sendable {
    package let model: LoadedModel
    /// Held while settings are computed, by the thread that prepares and by no other.
    private let preparation: Mutex<Preparation>
    /// Held for a moment.
    private let exchange = Mutex(Exchange())

    private struct Preparation {
        var instance: ProgramInstance
        var steps = 1
        /// What was prepared last; nil before the first.
        var settings: ModelSettings?
        var noise: Noise?
    }

    private struct Noise {
        let seed: Int64
        let first: [Float]
        let fresh: [[Float]]
    }

    private struct Exchange {
        var active: (instance: ProgramInstance, snapshot: SettingsSnapshot)?
        var ready: (instance: ProgramInstance, settings: ProgramInstance.PreparedSettings, snapshot: SettingsSnapshot)?
    }

    package init(_ model: LoadedModel) throws {
        self.model = model
        preparation = Mutex(Preparation(instance: try model.program.makeInstance()))
    }

    /// The model is compiled for one size; sources of every size are scaled to it.
    package func workingSize(forSource width: Int, _ height: Int) -> (width: Int, height: Int) {
        (model.size.width, model.size.height)
    }

    /// How long each segment of the last frame took: encode, denoise, decode.
    package var segmentDurations: [(label: String, duration: Duration)] {
        guard let instance = exchange.withLock({ $0.active?.instance }) else { return [] }
        return Array(zip(instance.segmentLabels, instance.segmentDurations))
    }

    /// Costs nothing where nothing has changed that the model depends on.
    package func prepare(_ snapshot: SettingsSnapshot) throws {
        let wanted = ModelSettings(snapshot)
        try preparation.withLock { preparation in
            // At strength 0 the model is not asked at all.
            guard wanted != preparation.settings, wanted.strength > 0 else { return }
            let inputs = try inputs(wanted, &preparation.noise)
            if wanted.steps != preparation.steps {
                preparation.instance = try model.program.makeInstance(steps: wanted.steps)
                preparation.steps = wanted.steps
            }
            let instance = preparation.instance
            let settings = try instance.prepare(inputs)
            preparation.settings = wanted
            exchange.withLock { $0.ready = (instance, settings, snapshot) }
        }
    }

    @discardableResult
    package func activate() -> SettingsSnapshot? {
        exchange.withLock { exchange in
            if let ready = exchange.ready {
                ready.instance.activate(ready.settings)
                exchange.active = (ready.instance, ready.snapshot)
                exchange.ready = nil
            }
            return exchange.active?.snapshot
        }
    }

    /// - Throws: `GraphError` before any settings are in force.
    package func restyle(_ image: RGBImage) throws -> RGBImage {
        guard let instance = exchange.withLock({ $0.active?.instance }) else {
            throw GraphError(.unknownName, "no settings are in force yet", at: "settings")
        }
        let count = image.bytes.count
        let bytes = try [UInt8](unsafeUninitializedCapacity: count) { result, initialized in
            try image.bytes.withUnsafeBytes { picture in
                try instance.restyle(picture, into: UnsafeMutableRawBufferPointer(result))
            }
            initialized = count
        }
        return RGBImage(width: image.width, height: image.height, bytes: bytes)
    }

    /// Restyles with these settings and no others: they are computed first, where that is not done.
    package func restyle(_ image: RGBImage, with snapshot: SettingsSnapshot) throws -> RGBImage {
        try prepare(snapshot)
        activate()
        return try restyle(image)
    }

    private func inputs(_ wanted: ModelSettings, _ noise: inout Noise?) throws -> ProgramInputs {
        var inputs = ProgramInputs()
        inputs.set(try model.model.scheduler.schedule(strength: wanted.strength, steps: wanted.steps))
        inputs.set(try model.prompts.embedding(of: wanted.prompt))
        let drawn = self.noise(wanted, kept: noise)
        noise = drawn
        inputs.set(noise: drawn.first, fresh: drawn.fresh)
        if model.model.takesGuidanceScale { inputs.set(guidanceScale: Self.guidanceScale) }
        return inputs
    }

    /// What diffusers' latent consistency pipeline takes by default.
    private static let guidanceScale: Float = 8.5

    /// The stream's noise is the generator's first draw, each further step's the next one. Kept, because a strength
    /// that moves should not draw again for every frame.
    private func noise(_ wanted: ModelSettings, kept: Noise?) -> Noise {
        if let kept, kept.seed == wanted.seed, kept.fresh.count == wanted.steps - 1 { return kept }
        let count = model.model.latentShape(model.size).elementCount
        var generator = TorchGenerator(seed: Int(wanted.seed))
        let first = generator.normals(count)
        return Noise(
            seed: wanted.seed, first: first, fresh: (1..<wanted.steps).map { _ in generator.normals(count) })
    }
}
