import EngineTools
import Foundation
import ONNXRuntimeEngine
import Testing

/// Every count in full when RESTYLED_TEST_ALL is set, else a sample.
private let isFull = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"

/// The tiny models of diffusers through the whole engine, from bytes to bytes.
@Suite struct FixtureTests {
    @Test(
        .enabled(if: TestEngines.hasLibrary, "\(TestEngines.missingLibrary)"),
        arguments: Fixture.names, ONNXRuntimeOptions.Precision.allCases)
    func onTheCPU(_ name: String, _ precision: ONNXRuntimeOptions.Precision) throws {
        try check(name, .cpu, precision)
    }

    @Test(
        .enabled(if: TestEngines.hasWebGPU, "\(TestEngines.missingWebGPU)"),
        arguments: isFull ? Fixture.names : ["sd-kl"], ONNXRuntimeOptions.Precision.allCases)
    func onWebGPU(_ name: String, _ precision: ONNXRuntimeOptions.Precision) throws {
        try check(name, .webgpu, precision)
    }

    @Test(
        .enabled(if: TestEngines.hasLibrary, "\(TestEngines.missingLibrary)"), arguments: Fixture.controlNames)
    func controlledOnTheCPU(_ name: String) throws { try check(name, .cpu, .float32, controls: true) }

    private func check(
        _ name: String, _ provider: ONNXRuntimeOptions.Provider, _ precision: ONNXRuntimeOptions.Precision,
        controls: Bool = false
    ) throws {
        let engine = try TestEngines.engine(provider, precision)
        let fixture = try Fixture(name, controls: controls)
        for test in isFull || provider == .cpu ? fixture.cases : Array(fixture.cases.prefix(1)) {
            for maximumSegmentBytes in isFull ? [nil, 1 << 14] : [nil] {
                let picture = try fixture.picture(test, on: engine, maximumSegmentBytes: maximumSegmentBytes)
                let ratio = psnr(picture, try fixture.bytes("\(test.label).picture"))
                if ProcessInfo.processInfo.environment["RESTYLED_TEST_REPORT"] != nil {
                    print("onnxruntime: \(provider) \(precision) \(name) \(test.label): picture \(ratio) dB")
                }
                #expect(ratio >= (precision == .float32 ? 45 : 40), "\(name) case \(test.label)")
            }
        }
    }
}
