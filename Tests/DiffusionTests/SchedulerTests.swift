import EngineTools
import Foundation
import Testing
import Weights

@testable import Diffusion

@Suite struct SchedulerTests {
    private struct Schedule: Decodable {
        let timesteps: [Int]
        let alphas: [Float]

        enum CodingKeys: String, CodingKey {
            case timesteps
            case alphas = "alphas_cumprod"
        }
    }

    /// ᾱ of every beta schedule, bit for bit but for what torch's vectorised powers and cosines round otherwise.
    @Test func alphasCumprodAreDiffusers() throws {
        let folder = "\(Fixture.folder)/schedulers"
        let json = try Data(contentsOf: URL(filePath: "\(folder)/alphas_cumprod.json"))
        let schedules = try JSONDecoder().decode([String: Schedule].self, from: json)
        #expect(schedules.count == 5)
        for (name, schedule) in schedules {
            let config = try PartConfig("\(name)/scheduler_config.json", of: FolderFiles(folder))
            let scheduler = try Scheduler(config, predictionType: nil)
            for (timestep, expected) in zip(schedule.timesteps, schedule.alphas) {
                let difference = abs(scheduler.alphasCumprod[timestep] - expected)
                #expect(difference <= 2e-6 * expected, "\(name) at \(timestep)")
            }
        }
    }

    private func scheduler(_ values: String) throws -> Scheduler {
        let files = EmbeddedFiles(["s.json": Array(values.utf8)])
        return try Scheduler(try PartConfig("s.json", of: files), predictionType: nil)
    }

    @Test(arguments: [
        (0.5, 1, [499]), (1.0, 1, [999]), (0.0004, 1, [0]), (1.0, 4, [999, 749, 499, 249]),
        (0.5, 4, [499, 374, 249, 124]), (0.003, 4, [2, 1, 1, 0]), (0.0025, 1, [1]),
    ])
    func timestepsFollowTheRule(strength: Double, steps: Int, expected: [Int]) throws {
        #expect(try scheduler("{}").timesteps(strength: strength, steps: steps) == expected)
    }

    @Test func oneStepSubtractsTheNoise() throws {
        let schedule = try scheduler("{}").schedule(strength: 0.5, steps: 1)
        let sigma = try scheduler("{}").sigma(499)
        #expect(schedule.latentScale == 1)
        #expect(schedule.noiseScale == sigma)
        let step = try #require(schedule.steps.first)
        #expect((step.sampleCoefficient, step.outputCoefficient, step.noiseCoefficient) == (1, -sigma, 0))
    }

    @Test(arguments: [-0.1, 0, 1.01, .nan])
    func strengthOutOfRangeIsRefused(strength: Double) throws {
        let scheduler = try scheduler("{}")
        #expect(throws: DiffusionError.self) { try scheduler.schedule(strength: strength, steps: 1) }
    }

    /// As a checkpoint's `ztsnr` says it, or the config.
    @Test func aMarkedFileEndsAtZeroSNR() throws {
        let said = try scheduler(#"{"beta_schedule": "scaled_linear", "rescale_betas_zero_snr": true}"#)
        let files = EmbeddedFiles(["s.json": Array(#"{"beta_schedule": "scaled_linear"}"#.utf8)])
        let config = try PartConfig("s.json", of: files)
        let marked = try Scheduler(config, predictionType: nil, endsAtZeroSNR: true)
        #expect(marked.alphasCumprod == said.alphasCumprod && said.alphasCumprod.last == 0x1p-24)
    }

    @Test func classesKnownForTheirNoiseLevelsOnlyRunOneStep() throws {
        let scheduler = try scheduler(#"{"_class_name": "PNDMScheduler"}"#)
        #expect(try scheduler.schedule(strength: 0.5, steps: 1).steps.count == 1)
        #expect(throws: DiffusionError.self) { try scheduler.schedule(strength: 0.5, steps: 2) }
    }

    @Test(arguments: [
        (#"{"beta_schedule": "sigmoid"}"#, "beta_schedule"), (#"{"prediction_type": "flow"}"#, "prediction_type"),
        (#"{"num_train_timesteps": 0}"#, "num_train_timesteps"), (#"{"beta_end": 2}"#, "beta_start"),
        (#"{"_class_name": "FlowMatchEulerDiscreteScheduler"}"#, "_class_name"),
        (#"{"_class_name": "DDIMScheduler"}"#, "clip_sample"), (#"{"thresholding": true}"#, "thresholding"),
        (#"{"trained_betas": []}"#, "beta_start"), (#"{"trained_betas": "no"}"#, "trained_betas"),
    ])
    func whatCannotBeHonouredNamesItsKey(config: String, key: String) {
        let error = #expect(throws: WeightsError.self) { try scheduler(config) }
        #expect(error?.description.contains("'\(key)'") == true, "\(String(describing: error))")
    }
}
