import CUDAEngine
import EngineTools
import Testing

/// The same operations on a real GPU, and what only a real driver shows.
@Suite(.enabled(if: RealDevice.isThere, "there is no NVIDIA GPU, or no CUDA"))
struct RealDeviceTests {
    private static let engines = CUDAOptions.Precision.allCases.map { precision in
        Result { try CUDAEngine(options: CUDAOptions(precision: precision)) }
    }

    @Test(arguments: OperationCase.all, CUDAOptions.Precision.allCases.indices)
    func equalsTheReference(_ operation: OperationCase, _ precision: Int) throws {
        let engine = try Self.engines[precision].get()
        var comparison = Comparison { engine }
        let difference = try operation.difference(&comparison)
        #expect(difference < OperationCase.tolerance(CUDAOptions.Precision.allCases[precision]))
    }
}
