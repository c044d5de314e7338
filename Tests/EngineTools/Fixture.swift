public import Diffusion
internal import Foundation
public import Graph
internal import Testing
public import Weights

/// One of the tiny models that make_fixtures.py wrote, and what diffusers computed with it.
public struct Fixture: Sendable {
    public struct Case: Decodable, Sendable {
        public let label: String
        public let width, height, steps, seed: Int
        public let strength: Double
        public let prompt: String
        /// Where the prompt's own tensors are: "prompt.0".
        public let spoken: String
        public let timesteps: [Int]
        public let predictionType: String?
        public let guidanceScale: Double?

        public var size: WorkingSize { WorkingSize(width: width, height: height) }
    }

    public static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures").path
    public static let names = ["sd-kl", "sd-tiny", "sdxl", "lcm"]

    public let name: String
    public let cases: [Case]
    private let tensors: [String: WeightTensor]

    public init(_ name: String) throws {
        self.name = name
        let json = try Data(contentsOf: URL(filePath: "\(Self.folder)/cases/\(name).json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        cases = try decoder.decode([Case].self, from: json)
        let files = FolderFiles("\(Self.folder)/cases")
        let stored = try SafetensorsFile(files.open("\(name).safetensors")).tensors
        tensors = Dictionary(uniqueKeysWithValues: stored.map { ($0.name, $0) })
    }

    /// The model's folder.
    public static func files(_ name: String) -> FolderFiles { FolderFiles("\(folder)/models/\(name)") }

    /// The model as the case wants it.
    public func model(_ test: Case? = nil) throws -> DiffusionModel {
        let type = try test?.predictionType.map { try #require(Scheduler.PredictionType(rawValue: $0)) }
        return try DiffusionModel(ModelSources(model: Self.files(name), predictionType: type))
    }

    public func has(_ tensor: String) -> Bool { tensors[tensor] != nil }
    public func bytes(_ tensor: String) throws -> [UInt8] { try #require(tensors[tensor], "\(tensor)").bytes() }
    public func floats(_ tensor: String) throws -> [Float] {
        try bytes(tensor).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
    public func ids(_ tensor: String) throws -> [Int64] {
        try bytes(tensor).withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
    }

    /// Everything but the frame.
    public func inputs(_ test: Case, _ model: DiffusionModel) throws -> ProgramInputs {
        var inputs = ProgramInputs()
        let schedule = try model.scheduler.schedule(strength: test.strength, steps: test.steps)
        #expect(schedule.steps.map(\.timestep) == test.timesteps)
        inputs.set(schedule)
        let pooled = "\(test.spoken).pooled_prompt_embeds"
        inputs.set(
            PromptEmbedding(
                hiddenStates: try floats("\(test.spoken).prompt_embeds"),
                pooled: has(pooled) ? try floats(pooled) : nil))
        inputs.set(
            noise: try floats("\(test.label).noise"),
            fresh: try (0..<test.steps - 1).map { try floats("\(test.label).step_noise.\($0)") })
        if model.takesGuidanceScale { inputs.set(guidanceScale: Float(try #require(test.guidanceScale))) }
        return inputs
    }
}
