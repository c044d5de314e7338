package import Graph

/// Runs graphs on NVIDIA's GPUs, from compute capability 8.0 on, with kernels of its own that NVRTC compiles for the device
/// at hand.
///
/// A program is one recorded CUDA graph: its memory is bound once and replayed every time. Convolutions and linears are one
/// family of implicit matrix products with what follows them done before their results are stored. cuBLASLt and cuDNN are
/// not used: whether they would be faster has to be measured on a device first.
package final class CUDAEngine: Engine {
    package let name = "cuda"
    package var description: String { "CUDA on \(device.description), in \(options.element.dataType.rawValue)" }
    private let device: any CUDADevice
    private let options: CUDAOptions

    /// - Throws: `EngineError.notFound` where the driver, NVRTC or a device is missing, with what to do about it.
    package convenience init(
        options: CUDAOptions = CUDAOptions(), environment: [String: String] = CUDA.currentEnvironment
    ) throws {
        self.init(
            device: try CUDA.openDevice(
                options.device, cacheFolder: options.cacheFolder, environment: environment),
            options: options)
    }

    /// On a device of any kind.
    package init(device: any CUDADevice, options: CUDAOptions) { (self.device, self.options) = (device, options) }

    package func makeBuffer(_ type: TensorType) throws -> any Buffer {
        try CUDABuffer(type, stored: type.border(options.element).dataType, device: device)
    }

    package func compile(_ graph: Graph, label: String) throws -> any Executable {
        // bfloat16 has float32's range and takes half the memory of it.
        let lowered: ElementType =
            options.element == .float16 && graph.isBeyondFloat16 ? .bfloat16 : options.element
        let program = try Lowering.lower(
            graph, graph.changesWithFrame ? lowered : .float32, borderElement: options.element,
            traits: device.traits)
        return try CUDAExecutable(program, graph: graph, label: label, device: device)
    }
}

/// How the engine is to compute.
package struct CUDAOptions: Sendable, Hashable {
    /// What the frame program's matrices are multiplied in; sums, and what depends on settings alone, are float32.
    package enum Precision: Sendable, Hashable, CaseIterable {
        case float32, bfloat16, float16
    }

    /// Among the GPUs that are new enough, from 0.
    package var device: Int
    package var precision: Precision
    /// Where compiled kernels are kept for the next start; nil: nowhere.
    package var cacheFolder: String?

    package init(device: Int = 0, precision: Precision = .bfloat16, cacheFolder: String? = nil) {
        (self.device, self.precision, self.cacheFolder) = (device, precision, cacheFolder)
    }

    var element: ElementType {
        switch precision {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }
}
