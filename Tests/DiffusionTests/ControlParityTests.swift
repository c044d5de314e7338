import Diffusion
import EngineTools
import Foundation
import Graph
import Testing
import Weights

@testable import Diffusion

/// Every stage and every picture of controlled models against diffusers' ControlNet and T2I-Adapter pipelines, on every
/// engine.
@Suite struct ControlParityTests {
    /// What controls make of their pictures and add, and what becomes of it; the first step.
    @Test(arguments: EngineUnderTest.allCases, Fixture.controlNames)
    func stages(_ under: EngineUnderTest, _ name: String) throws {
        let engine = try under.make()
        let fixture = try Fixture(name, controls: true)
        for test in fixture.cases {
            let model = try fixture.model(test)
            var values = try fixture.inputs(test, model).values.compactMapValues(\.first)
            values[ImageToImageGraph.Input.frame] = try fixture.bytes("\(test.label).frame")
            for (index, image) in try fixture.controlImages(test).enumerated() {
                values[ImageToImageGraph.Input.controlImage(index)] = image
            }
            var stages = ["prediction"] + (test.steps == 1 ? ["denoised"] : [])
            for index in model.controls.indices {
                let own = ["embedding", "mid"] + (0..<16).flatMap { ["down.\($0)", "feature.\($0)"] }
                stages += own.map { "control.\(index).\($0)" }.filter { fixture.has("\(test.label).\($0)") }
            }
            #expect(stages.contains { $0.hasPrefix("control.") } || test.steps > 1)
            values = try model.values(of: stages, test.size, values, on: engine)
            for stage in stages {
                let (result, expected) = (
                    floats(try #require(values[stage])), try fixture.floats("\(test.label).\(stage)")
                )
                // At scale 0 a control adds nothing at all.
                let error =
                    expected.allSatisfy { $0 == 0 }
                    ? Double(result.map(abs).max() ?? .infinity) : relativeError(result, expected)
                report("\(under) \(name) \(test.label) \(stage): \(error)")
                #expect(error < ParityTests.tolerance, "\(name) case \(test.label) \(stage)")
            }
        }
    }

    @Test(arguments: EngineUnderTest.allCases, Fixture.controlNames)
    func pictures(_ under: EngineUnderTest, _ name: String) throws {
        let engine = try under.make()
        let fixture = try Fixture(name, controls: true)
        for test in fixture.cases {
            for maximumSegmentBytes in test.label == "0" ? [nil, 1 << 14] : [nil] {
                let picture = try fixture.picture(test, on: engine, maximumSegmentBytes: maximumSegmentBytes)
                let expected = try fixture.bytes("\(test.label).picture")
                let ratio = psnr(picture, expected)
                report("\(under) \(name) \(test.label): picture \(ratio) dB")
                #expect(ratio >= ParityTests.decibels, "\(name) case \(test.label)")
            }
        }
    }

    /// A control at scale 0 is as good as none, to the last bit; at scale 1 it is not.
    @Test(arguments: EngineUnderTest.allCases, Fixture.controlNames)
    func scaleZeroIsNoControl(_ under: EngineUnderTest, _ name: String) throws {
        let engine = try under.make()
        let fixture = try Fixture(name, controls: true)
        for scale in [Float(0), 1] {
            let test = try #require(fixture.cases.first { $0.scales == [scale] })
            let controlled = try fixture.picture(test, on: engine)
            let plain = try fixture.picture(test, on: engine, isControlled: false)
            #expect((controlled == plain) == (scale == 0))
        }
    }

    @Test(arguments: Fixture.controlNames)
    func int8WeightsStayClose(_ name: String) throws {
        let engine = Int8WeightsEngine(try EngineUnderTest.reference.make())
        let fixture = try Fixture(name, controls: true)
        for test in fixture.cases {
            let ratio = psnr(try fixture.picture(test, on: engine), try fixture.bytes("\(test.label).picture"))
            report("int8 \(name) \(test.label): picture \(ratio) dB")
            #expect(ratio >= 30, "\(name) case \(test.label)")
        }
    }

    private func report(_ line: @autoclosure () -> String) {
        if ProcessInfo.processInfo.environment["RESTYLED_TEST_REPORT"] != nil { print("parity:", line()) }
    }
}

/// What of a control runs when.
@Suite struct ControlBindingTests {
    /// What follows from the prompt and the strength alone is no frame's work; what follows from the picture alone is done
    /// once, however many steps there are.
    @Test func aControlsWorkIsDoneNoOftenerThanNeeded() throws {
        let fixture = try Fixture("sd-kl", controls: true)
        let partition = try fixture.model(fixture.cases[0]).imageToImageGraph(fixture.cases[0].size).partitioned()
        #expect(partition.segments.map(\.label) == ["encode", "condition", "control", "denoise", "decode"])
        #expect(partition.repeated == 2..<4)
        #expect(partition.frameInputs == ["frame", "control_image.0", "control_image.1"])
        let weights = partition.segments.map { part in
            part.graph.nodes.compactMap { node in
                if case .constant = node.operation { node.name } else { nil }
            }
        }
        #expect(weights[1].contains { $0.contains("control.1.controlnet_cond_embedding") })
        #expect(!weights[2].contains { $0.contains("controlnet_cond_embedding") })
        let settingsOnly = ["attn2.to_k", "attn2.to_v", "time_emb_proj", "time_embedding"]
        #expect(!weights[2].contains { name in settingsOnly.contains { name.contains($0) } })
    }

    /// An adapter looks at its picture alone.
    @Test func anAdapterRunsOnceAFrame() throws {
        let fixture = try Fixture("sd-kl", controls: true)
        let test = try #require(fixture.cases.first { $0.controls == ["sd-adapter"] })
        let partition = try fixture.model(test).imageToImageGraph(test.size).partitioned()
        #expect(partition.segments.map(\.label) == ["encode", "condition", "denoise", "decode"])
        #expect(partition.repeated == 2..<3)
    }
}

/// What can't be a control of a model, told by name.
@Suite struct ControlRefusalTests {
    private func refusal(_ control: any ModelFiles, model: String = "sd-kl", image: ControlImage = .canny) -> String {
        var sources = ModelSources(model: Fixture.files(model))
        sources.controls = [ControlSource(control, image: image)]
        do {
            _ = try DiffusionModel(sources).imageToImageGraph(WorkingSize(width: 48, height: 32))
            return ""
        } catch { return "\(error)" }
    }

    /// A fixture's folder in memory, with its config changed.
    private func control(_ name: String, _ change: [String: Any]) throws -> EmbeddedFiles {
        let folder = URL(filePath: "\(Fixture.folder)/controls/\(name)")
        let weights = "diffusion_pytorch_model.safetensors"
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: "config.json")))
        let config = try #require(json as? [String: Any]).merging(change) { _, new in new }
        return EmbeddedFiles([
            "config.json": Array(try JSONSerialization.data(withJSONObject: config)),
            weights: Array(try Data(contentsOf: folder.appending(path: weights))),
        ])
    }

    @Test func whatFitsIsTaken() throws {
        #expect(refusal(Fixture.control("sd-canny")).isEmpty)
        #expect(refusal(try control("sd-canny", [:])).isEmpty)
        #expect(refusal(Fixture.control("sdxl-adapter"), model: "sdxl").isEmpty)
    }

    @Test func anotherFamilyIsNamed() {
        #expect(refusal(Fixture.control("sdxl-canny")).contains("must be of the UNet's family"))
        #expect(refusal(Fixture.control("sd-canny"), model: "sdxl").contains("prompts of 16 features"))
        #expect(refusal(Fixture.control("sdxl-adapter")).contains("must be of the UNet's family"))
    }

    @Test(arguments: [
        ("_class_name", "ControlNetUnionModel" as any Sendable, "union"),
        ("_class_name", "FluxControlNetModel", "Flux"),
        ("conditioning_channels", 4, "3 channels"), ("global_pool_conditions", true, "global_pool_conditions"),
        ("controlnet_conditioning_channel_order", "xyz", "rgb and bgr"),
        ("conditioning_embedding_out_channels", [4, 4, 8], "4 times smaller"),
        ("class_embed_type", "timestep", "class_embed"),
    ])
    func whatIsNotDoneIsNamed(_ key: String, _ value: any Sendable, _ words: String) throws {
        let text = refusal(try control("sd-canny", [key: value]))
        #expect(text.contains(words), "\(text)")
    }

    @Test func adaptersToo() throws {
        let text = refusal(try control("sd-adapter", ["adapter_type": "heavy_adapter"]))
        #expect(text.contains("heavy_adapter"), "\(text)")
        #expect(refusal(try control("sd-adapter", ["in_channels": 2])).contains("1 or 3 channels"))
        #expect(refusal(Fixture.control("sd-sketch-light"), image: .tile).contains("grey"))
    }

    @Test func aControlIsNotAModel() {
        let error = #expect(throws: DiffusionError.self) {
            try DiffusionModel(ModelSources(model: Fixture.control("sd-canny")))
        }
        #expect(error?.description.contains("--control") == true)
    }
}
