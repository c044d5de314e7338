import ONNXRuntimeEngine
import Synchronization

/// One engine for all tests of a kind: opening a device takes a moment.
enum TestEngines {
    static let hasLibrary = (try? ONNXRuntime.locate()) != nil
    static let missingLibrary = "there is no ONNX Runtime: restyled setup webgpu installs it"
    /// Mesa's lavapipe is enough.
    static let hasWebGPU = hasLibrary && (try? Vulkan.devices())?.isEmpty == false
    static let missingWebGPU = "no Vulkan driver or no ONNX Runtime: examples/setup webgpu-test, restyled setup webgpu"

    private static let engines = Mutex<[ONNXRuntimeOptions: Result<ONNXRuntimeEngine, any Error>]>([:])

    static func engine(
        _ provider: ONNXRuntimeOptions.Provider, _ precision: ONNXRuntimeOptions.Precision = .float32
    ) throws -> ONNXRuntimeEngine {
        let options = ONNXRuntimeOptions(
            provider: provider, precision: precision, threads: provider == .cpu ? 2 : nil)
        return try engines.withLock { engines in
            let result = engines[options] ?? Result { try ONNXRuntimeEngine(options: options) }
            engines[options] = result
            return try result.get()
        }
    }
}
