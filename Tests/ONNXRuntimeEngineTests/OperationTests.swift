import EngineTools
import Foundation
import Graph
import ONNXRuntimeEngine
import Testing

/// Every count in full when RESTYLED_TEST_ALL is set, else a sample: a software GPU translates its programs slowly.
private let isFull = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"

/// Every operation against the reference engine, on the CPU provider and on WebGPU.
@Suite struct OperationTests {
    @Test(
        .enabled(if: TestEngines.hasLibrary, "\(TestEngines.missingLibrary)"),
        arguments: OperationCase.all, ONNXRuntimeOptions.Precision.allCases)
    func onTheCPU(_ operation: OperationCase, _ precision: ONNXRuntimeOptions.Precision) throws {
        try check(operation, .cpu, precision)
    }

    @Test(
        .enabled(if: TestEngines.hasWebGPU, "\(TestEngines.missingWebGPU)"),
        arguments: OperationCase.all.indices, ONNXRuntimeOptions.Precision.allCases)
    func onWebGPU(_ index: Int, _ precision: ONNXRuntimeOptions.Precision) throws {
        guard isFull || index % 6 == (precision == .float32 ? 0 : 3) else { return }
        try check(OperationCase.all[index], .webgpu, precision)
    }

    /// Numbers that float16 rounds before they are rounded to whole ones, or does not hold.
    private static let beyondFloat16: Set<String> = ["groupNorm far from zero", "conversions"]

    private func check(
        _ operation: OperationCase, _ provider: ONNXRuntimeOptions.Provider,
        _ precision: ONNXRuntimeOptions.Precision
    ) throws {
        guard precision == .float32 || !Self.beyondFloat16.contains(operation.testDescription) else { return }
        var comparison = Comparison { try TestEngines.engine(provider, precision) }
        let difference = try operation.difference(&comparison)
        if ProcessInfo.processInfo.environment["RESTYLED_TEST_REPORT"] != nil {
            print("onnxruntime: \(provider) \(precision) \(operation.testDescription): \(difference)")
        }
        #expect(difference < (precision == .float32 ? 1e-5 : 2e-2), "\(operation.testDescription)")
    }
}
