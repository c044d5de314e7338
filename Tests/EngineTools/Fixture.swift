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
        /// Folders in Fixtures/controls, and how much each counts.
        package let controls: [String]?
        package let scales: [Float]?

        package var size: WorkingSize { WorkingSize(width: width, height: height) }
    }

    package static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures").path
    package static let names = ["sd-kl", "sd-tiny", "sdxl", "lcm"]
    /// The models that make_controls.py made controls for: fixtures with these names and `controls: true`.
    package static let controlNames = ["sd-kl", "sdxl"]

    package let name: String
    package let cases: [Case]
    private let tensors: [String: WeightTensor]

    /// - Parameter controls: what make_controls.py wrote in place of make_fixtures.py.
    package init(_ name: String, controls: Bool = false) throws {
        self.name = name
        let place = "\(Self.folder)/\(controls ? "controls" : "cases")"
        let json = try Data(contentsOf: URL(filePath: "\(place)/\(name).json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        cases = try decoder.decode([Case].self, from: json)
        let files = FolderFiles(place)
        let stored = try SafetensorsFile(files.open("\(name).safetensors")).tensors
        tensors = Dictionary(uniqueKeysWithValues: stored.map { ($0.name, $0) })
    }

    /// The model's folder.
    package static func files(_ name: String) -> FolderFiles { FolderFiles("\(folder)/models/\(name)") }

    /// A control's folder.
    package static func control(_ name: String) -> FolderFiles { FolderFiles("\(folder)/controls/\(name)") }

    /// The model as the case wants it.
    package func model(_ test: Case? = nil) throws -> DiffusionModel {
        let type = try test?.predictionType.map { try #require(Scheduler.PredictionType(rawValue: $0)) }
        var sources = ModelSources(model: Self.files(name), predictionType: type)
        sources.controls = (test?.controls ?? []).map { ControlSource(Self.control($0), image: .canny) }
        return try DiffusionModel(sources)
    }

    /// The pictures that the case's controls look at.
    package func controlImages(_ test: Case) throws -> [[UInt8]] {
        try (test.controls ?? []).indices.map { try bytes("\(test.label).control_image.\($0)") }
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
        inputs.set(controlScales: Array((test.scales ?? []).prefix(model.controls.count)))
        if model.takesGuidanceScale { inputs.set(guidanceScale: Float(try #require(test.guidanceScale))) }
        return inputs
    }
}
