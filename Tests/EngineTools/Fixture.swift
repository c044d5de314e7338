package import Diffusion
import Foundation
package import Graph
import Testing
package import Weights

/// One of the tiny models that make_fixtures.py wrote, and what diffusers computed with it.
package struct Fixture: Sendable {
    package struct Case: Decodable, Sendable {
        package let label: String
        package let width, height, steps, seed: Int
        package let strength: Double
        package let prompt: String
        /// Where the prompt's own tensors are: "prompt.0".
        package let spoken: String
        package let timesteps: [Int]
        package let predictionType: String?
        package let guidanceScale: Double?

        package var size: WorkingSize { WorkingSize(width: width, height: height) }
    }

    package static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures").path
    package static let names = ["sd-kl", "sd-tiny", "sdxl", "lcm"]

    package let name: String
    package let cases: [Case]
    private let tensors: [String: WeightTensor]

    package init(_ name: String) throws {
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
    package static func files(_ name: String) -> FolderFiles { FolderFiles("\(folder)/models/\(name)") }

    /// The model as the case wants it.
    package func model(_ test: Case? = nil) throws -> DiffusionModel {
        let type = try test?.predictionType.map { try #require(Scheduler.PredictionType(rawValue: $0)) }
        return try DiffusionModel(ModelSources(model: Self.files(name), predictionType: type))
    }

    package func has(_ tensor: String) -> Bool { tensors[tensor] != nil }
    package func bytes(_ tensor: String) throws -> [UInt8] { try #require(tensors[tensor], "\(tensor)").bytes() }
    package func floats(_ tensor: String) throws -> [Float] {
        try bytes(tensor).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
    package func ids(_ tensor: String) throws -> [Int64] {
        try bytes(tensor).withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
    }

    /// Everything but the frame.
    package func inputs(_ test: Case, _ model: DiffusionModel) throws -> ProgramInputs {
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
