import CUDAEngine
import EngineTools
import Foundation
import Testing

/// Every operation against the reference engine, its kernels run on the host.
@Suite(.enabled(if: EmulatedKernels.isPossible, "there is no C++ compiler to emulate kernels with"))
struct OperationTests {
    @Test(arguments: OperationCase.all, CUDAOptions.Precision.allCases)
    func equalsTheReference(_ operation: OperationCase, _ precision: CUDAOptions.Precision) throws {
        try check(operation, precision, EmulatedDevice(processors: 16))
    }

    /// One processor gets the largest tiles, and many get sums in parts.
    @Test(arguments: OperationCase.products, [1, 200])
    func tilesOfEverySizeDo(_ operation: OperationCase, processors: Int) throws {
        try check(operation, .bfloat16, EmulatedDevice(processors: processors))
    }

    private func check(
        _ operation: OperationCase, _ precision: CUDAOptions.Precision, _ device: EmulatedDevice
    ) throws {
        let engine = CUDAEngine(device: device, options: CUDAOptions(precision: precision))
        var comparison = Comparison { engine }
        let difference = try operation.difference(&comparison)
        if ProcessInfo.processInfo.environment["RESTYLED_TEST_REPORT"] != nil {
            print("cuda: \(precision) \(operation.testDescription): \(difference)")
        }
        #expect(difference < OperationCase.tolerance(precision))
    }
}

extension OperationCase {
    /// What the difference has to stay below.
    static func tolerance(_ precision: CUDAOptions.Precision) -> Double { precision == .float32 ? 1e-4 : 1e-2 }
}
