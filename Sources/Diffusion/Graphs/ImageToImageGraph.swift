import Graph
import Weights

/// The whole of a model's work on one frame as a graph: RGB8 in, RGB8 out.
///
/// A step is x ← sample·x + output·UNet(input·x, timestep) + noise·(fresh noise), with numbers from
/// `Scheduler.schedule`; the segments called "denoise" run once a step. Prompt, strength and seed enter beside the
/// frame, so whatever follows from them alone is moved out of the frame program by `Graph.partitioned()`.
package struct ImageToImageGraph {
    /// The graph's inputs, by their names and what they hold. All but the two pictures are float32.
    package enum Input {
        /// uint8 [1, H, W, 3].
        package static let frame = "frame"
        /// [1, tokens, features].
        package static let prompt = "prompt_embeds"
        /// [1, features]; SDXL only.
        package static let pooledPrompt = "pooled_prompt_embeds"
        /// The stream's noise, [1, C, h, w].
        package static let noise = "noise"
        /// Fresh noise for the end of each step, [1, C, h, w]; the last step's is not used.
        package static let stepNoise = "step_noise"
        /// `DenoisingSchedule.latentScale` and `.noiseScale`, [1].
        package static let latentScale = "latent_scale", noiseScale = "noise_scale"
        /// The fields of a `DenoisingStep`, [1].
        package static let timestep = "timestep", inputScale = "input_scale"
        package static let sampleCoefficient = "sample_coefficient"
        package static let outputCoefficient = "output_coefficient"
        package static let noiseCoefficient = "noise_coefficient"
        /// [1]; only models with `time_cond_proj_dim`.
        package static let guidanceScale = "guidance_scale"
    }
    /// uint8 [1, H, W, 3].
    package static let output = "picture"

    let unet: UNet2DConditionModel
    let autoencoder: any Autoencoder
    let unetWeights, autoencoderWeights: WeightCursor
    let promptTokens: Int
    let pooledFeatures: Int?

    let height, width: Int
    /// See `DiffusionModel.imageToImageGraph`.
    let maximumSegmentBytes: Int?
    /// Values between the stages that are outputs as well, for the tests.
    var exposedStages: Set<String> = []

    /// [1, C, h, w].
    var latentShape: Shape {
        [1, autoencoder.latentChannels, height / autoencoder.factor, width / autoencoder.factor]
    }

    func build() throws -> Graph {
        let builder = GraphBuilder(segment: "encode")
        let autoencoderModule = Module(weights: autoencoderWeights, builder: builder)
        let scalar = { (name: String, times: BindingTimes) in builder.input(name, TensorType([1]), from: times) }
        let expose = { (name: String, value: Value) in if exposedStages.contains(name) { builder.output(name, value) } }

        if autoencoder.overflowsInFloat16 { builder.markBeyondFloat16() }
        let frame = builder.input(Input.frame, TensorType([1, height, width, 3], .uint8), from: .frame)
        let picture = try PictureConversion.floats(frame, builder)
        var latents = try builder.scope("vae") { try autoencoder.encode(picture, autoencoderModule) }
        expose("mode", latents)
        latents = try scaled(latents, builder)
        let noise = builder.input(Input.noise, TensorType(latentShape), from: .seed)
        var sample = try builder.add(
            builder.multiply(latents, scalar(Input.latentScale, .strength)),
            builder.multiply(noise, scalar(Input.noiseScale, .strength)))
        expose("noised", sample)

        builder.beginSegment("denoise")
        let step: BindingTimes = [.strength, .step]
        let input = try builder.multiply(sample, scalar(Input.inputScale, step))
        let conditions = try conditions(builder)
        let cutter = SegmentCutter(builder, name: "denoise", maximumBytes: maximumSegmentBytes)
        let prediction = try builder.scope("unet") {
            try unet(input, conditions, cut: cutter.cut, Module(weights: unetWeights, builder: builder))
        }
        expose("prediction", prediction)
        let stepNoise = builder.input(Input.stepNoise, TensorType(latentShape), from: [.seed, .step])
        let kept = try builder.multiply(sample, scalar(Input.sampleCoefficient, step))
        let moved = try builder.multiply(prediction, scalar(Input.outputCoefficient, step))
        let renoised = try builder.multiply(stepNoise, scalar(Input.noiseCoefficient, step))
        sample = try builder.add(builder.add(kept, moved), renoised)
        expose("denoised", sample)

        builder.beginSegment("decode")
        if autoencoder.overflowsInFloat16 { builder.markBeyondFloat16() }
        let decoded = try builder.scope("vae") {
            try autoencoder.decode(unscaled(sample, builder), autoencoderModule)
        }
        expose("decoded", decoded)
        builder.output(Self.output, try PictureConversion.bytes(decoded, builder))
        return builder.finish()
    }

    private func conditions(_ builder: GraphBuilder) throws -> UNet2DConditionModel.Conditions {
        let step: BindingTimes = [.strength, .step]
        let config = unet.config
        let prompt = builder.input(
            Input.prompt, TensorType([1, promptTokens, config.promptFeatures]), from: .prompt)
        var conditions = UNet2DConditionModel.Conditions(
            timestep: builder.input(Input.timestep, TensorType([1]), from: step), prompt: prompt)
        if let features = config.timeConditionFeatures {
            let scale = builder.input(Input.guidanceScale, TensorType([1]), from: .strength)
            conditions.timestepCondition = try GuidanceEmbedding(features: features)(scale, builder)
        }
        if let pooledFeatures {
            conditions.pooledPrompt = builder.input(Input.pooledPrompt, TensorType([1, pooledFeatures]), from: .prompt)
            // The picture has the size it is shown at, whole and uncropped.
            let sizes = [height, width, 0, 0, height, width].map(Float.init)
            conditions.timeIds = builder.constant(InlineConstant(sizes), TensorType([6]), name: "time_ids")
        }
        return conditions
    }

    /// Latents as the UNet was trained on them.
    private func scaled(_ latents: Value, _ builder: GraphBuilder) throws -> Value {
        let factor = builder.scalar(autoencoder.scalingFactor)
        guard let statistics = autoencoder.latentStatistics else { return try builder.multiply(latents, factor) }
        let centred = try builder.subtract(latents, perChannel(statistics.mean, builder))
        return try builder.divide(
            builder.multiply(centred, factor), perChannel(statistics.standardDeviation, builder))
    }

    private func unscaled(_ latents: Value, _ builder: GraphBuilder) throws -> Value {
        let factor = builder.scalar(autoencoder.scalingFactor)
        guard let statistics = autoencoder.latentStatistics else { return try builder.divide(latents, factor) }
        let spread = try builder.multiply(latents, perChannel(statistics.standardDeviation, builder))
        return try builder.add(builder.divide(spread, factor), perChannel(statistics.mean, builder))
    }

    private func perChannel(_ numbers: [Float], _ builder: GraphBuilder) -> Value {
        builder.constant(InlineConstant(numbers), TensorType([1, numbers.count, 1, 1]), name: "latents")
    }
}

/// Between RGB8 pictures and the autoencoder's numbers, as diffusers' `VaeImageProcessor` does it.
enum PictureConversion {
    /// uint8 [1, H, W, 3] as [1, 3, H, W] in −1 … 1: x / 127.5 − 1.
    static func floats(_ picture: Value, _ builder: GraphBuilder) throws -> Value {
        let planes = try builder.transpose(builder.convert(picture, to: .float32), [0, 3, 1, 2])
        return try builder.subtract(builder.divide(planes, builder.scalar(127.5)), builder.scalar(1))
    }

    /// Back: round(clamp(x / 2 + 0.5, 0, 1) · 255).
    static func bytes(_ picture: Value, _ builder: GraphBuilder) throws -> Value {
        let half = builder.scalar(0.5)
        let unit = builder.clamp(try builder.add(builder.multiply(picture, half), half), 0, 1)
        let rounded = builder.unary(.round, try builder.multiply(unit, builder.scalar(255)))
        return builder.convert(try builder.transpose(rounded, [0, 2, 3, 1]), to: .uint8)
    }
}

/// Cuts a long segment into pieces that are compiled one after another.
///
/// An engine's compile takes a multiple of a piece's weights for a while; with pieces far smaller than the model, its
/// peak stays near the model's size.
final class SegmentCutter {
    private let builder: GraphBuilder
    private let name: String
    private let maximumBytes: Int?
    private var firstNode: Int
    private var pieces = 1

    /// - Parameter maximumBytes: of a piece's weights as float32; nil: one piece.
    init(_ builder: GraphBuilder, name: String, maximumBytes: Int?) {
        (self.builder, self.name, self.maximumBytes) = (builder, name, maximumBytes)
        firstNode = builder.graph.nodes.count
    }

    /// To be called where a cut would be cheap: starts a new segment if the current one is full.
    func cut() {
        guard let maximumBytes else { return }
        let nodes = builder.graph.nodes
        let elements = nodes[firstNode...].reduce(0) { sum, node in
            if case .constant = node.operation { sum + node.type.shape.elementCount } else { sum }
        }
        guard elements * DataType.float32.byteCount >= maximumBytes else { return }
        firstNode = nodes.count
        pieces += 1
        builder.beginSegment("\(name) \(pieces)")
    }
}
