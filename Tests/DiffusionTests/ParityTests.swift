import EngineTools
import Foundation
import Graph
import Testing
import Weights

@testable import Diffusion

/// Every stage and every picture against diffusers, on every engine.
@Suite struct ParityTests {
    /// Largest difference of a stage, in units of the stage's own root mean square.
    static let tolerance = 1e-4
    static let decibels = 45.0

    @Test(arguments: EngineUnderTest.allCases, Fixture.names)
    func promptEmbeddings(_ under: EngineUnderTest, _ name: String) throws {
        let engine = try under.make()
        let fixture = try Fixture(name)
        let model = try fixture.model()
        let encoder = try PromptEncoder(model, engine: engine)
        for spoken in Set(fixture.cases.map(\.spoken)).sorted() {
            var ids = [try fixture.ids("\(spoken).input_ids")]
            if fixture.has("\(spoken).input_ids_2") { ids.append(try fixture.ids("\(spoken).input_ids_2")) }
            let embedding = try encoder.encode(ids)
            check(embedding.hiddenStates, fixture, "\(spoken).prompt_embeds", under)
            #expect((embedding.pooled != nil) == fixture.has("\(spoken).pooled_prompt_embeds"))
            if let pooled = embedding.pooled { check(pooled, fixture, "\(spoken).pooled_prompt_embeds", under) }
        }
    }

    /// Part after part of the partitioned graph, with the values between the stages as outputs; the first step.
    @Test(arguments: EngineUnderTest.allCases, Fixture.names)
    func stages(_ under: EngineUnderTest, _ name: String) throws {
        let engine = try under.make()
        let fixture = try Fixture(name)
        for test in fixture.cases {
            let model = try fixture.model(test)
            var values = try fixture.inputs(test, model).values.compactMapValues(\.first)
            values[ImageToImageGraph.Input.frame] = try fixture.bytes("\(test.label).frame")
            let first = test.steps == 1 ? ["denoised", "decoded"] : []
            let stages = (["mode", "noised", "prediction"] + first).filter { fixture.has("\(test.label).\($0)") }
            values = try model.values(of: stages, test.size, values, on: engine)
            for stage in stages {
                check(floats(try #require(values[stage])), fixture, "\(test.label).\(stage)", under)
            }
        }
    }

    /// The whole way that a stream takes: partitioned, settings programs first, then the frame, all steps.
    @Test(arguments: EngineUnderTest.allCases, Fixture.names)
    func pictures(_ under: EngineUnderTest, _ name: String) throws {
        let engine = try under.make()
        let fixture = try Fixture(name)
        for test in fixture.cases {
            // Whole, and for one case cut into many segments as big models are.
            for maximumSegmentBytes in test.label == "0" ? [nil, 1 << 14] : [nil] {
                let picture = try fixture.picture(test, on: engine, maximumSegmentBytes: maximumSegmentBytes)
                let frame = try fixture.bytes("\(test.label).frame")
                let expected = try fixture.bytes("\(test.label).picture")
                let ratio = psnr(picture, expected)
                report("\(under) \(name) \(test.label): picture \(ratio) dB")
                #expect(ratio >= Self.decibels, "\(name) case \(test.label)")
                #expect(psnr(frame, expected) < Self.decibels, "the source itself would pass")
            }
        }
    }

    private func check(_ result: [Float], _ fixture: Fixture, _ tensor: String, _ under: EngineUnderTest) {
        guard let expected = try? fixture.floats(tensor) else {
            Issue.record("no \(tensor)")
            return
        }
        let error = relativeError(result, expected)
        report("\(under) \(fixture.name) \(tensor): \(error)")
        #expect(error < Self.tolerance, "\(fixture.name) \(tensor)")
    }

    /// Figures for the curious: RESTYLED_TEST_REPORT=1 swift test --filter ParityTests.
    private func report(_ line: @autoclosure () -> String) {
        if ProcessInfo.processInfo.environment["RESTYLED_TEST_REPORT"] != nil { print("parity:", line()) }
    }
}
