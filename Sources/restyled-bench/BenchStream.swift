import CUDAEngine
import Diffusion
import Graph
import Weights

/// One stream with a fixed frame and fixed settings.
final class BenchStream {
    private let instance: ProgramInstance
    private let frame: [UInt8]
    /// RGB8, of the last frame.
    private(set) var picture: [UInt8]

    /// Compiles everything, and computes what depends on the settings.
    init(
        sources: ModelSources, inputs: BenchInputs, strength: Double, device: TimedDevice, options: CUDAOptions
    ) throws {
        let model = try DiffusionModel(sources)
        let schedule = try model.scheduler.schedule(strength: strength, steps: 1)
        var settings = ProgramInputs()
        settings.set(schedule)
        guard let prompt = try inputs.floats("prompt_embeds"), let noise = try inputs.floats("noise") else {
            throw DiffusionError(.badRequest, "the inputs lack prompt_embeds or noise", at: "inputs")
        }
        settings.set(PromptEmbedding(hiddenStates: prompt, pooled: try inputs.floats("pooled_prompt_embeds")))
        settings.set(noise: noise)
        if model.takesGuidanceScale { settings.set(guidanceScale: 1) }
        let graph = try model.imageToImageGraph(inputs.size)
        let program = try Program(graph, engine: CUDAEngine(device: device, options: options))
        instance = try program.makeInstance()
        instance.activate(try instance.prepare(settings))
        frame = inputs.frame
        picture = [UInt8](repeating: 0, count: frame.count)
    }

    func restyle() throws {
        try frame.withUnsafeBytes { frame in
            try picture.withUnsafeMutableBytes { try instance.restyle(frame, into: $0) }
        }
    }
}
