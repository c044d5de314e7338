import Graph
import Synchronization

/// The GPU that WebGPU opens.
///
/// ONNX Runtime does not take a GPU's number: it says whether the fastest is wanted or the one that takes least power,
/// and opens one for the whole process.
struct WebGPUAdapter {
    let device: Vulkan.Device
    /// Options of the provider.
    let entries: [(key: String, value: String)]
    /// The number of the one that was opened.
    private static let opened = Mutex<Int?>(nil)

    /// - Throws: `EngineError.notFound` where there is no such device, or it lacks what is wanted.
    init(_ options: ONNXRuntimeOptions) throws {
        let devices = try Vulkan.devices()
        guard !devices.isEmpty else {
            throw EngineError(.notFound, "no Vulkan driver was found; install your GPU's, or choose --device cpu")
        }
        guard devices.indices.contains(options.index) else {
            let names = devices.enumerated().map { "\($0) \($1.name)" }.joined(separator: ", ")
            throw EngineError(.notFound, "there is no \(options.device): there are \(names); choose one of those")
        }
        device = devices[options.index]
        guard options.precision == .float32 || device.hasFloat16 else {
            throw EngineError(
                .notFound, "\(device.name) does not compute in fp16; leave the precision at fp32")
        }
        let preference: String
        if options.index == 0 {
            preference = "high-performance"
        } else if device.kind == .integrated, devices.firstIndex(where: { $0.kind == .integrated }) == options.index {
            preference = "low-power"
        } else {
            throw EngineError(
                .notFound,
                "ONNX Runtime cannot be made to take \(device.name) before \(devices[0].name); leave out the others' "
                    + "drivers with VK_DRIVER_FILES and choose --device webgpu")
        }
        let other = Self.opened.withLock { opened in
            defer { opened = opened ?? options.index }
            return opened == options.index ? nil : opened
        }
        if let other {
            throw EngineError(
                .notFound,
                "WebGPU has opened \(devices[other].name) in this process already and reaches no second; give all streams "
                    + "the same device")
        }
        entries = [("ep.webgpuexecutionprovider.powerPreference", preference)]
    }
}
