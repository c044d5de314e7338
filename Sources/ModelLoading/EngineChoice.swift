import CUDAEngine
package import Graph
import ONNXRuntimeEngine
import OpenVINOEngine
import ReferenceEngine
package import Settings

extension EngineChoice {
    /// The engine asked for, or the fastest there is; never another in silence.
    /// - Throws: `EngineError` where it is missing, or cannot compute in the precision.
    package func make() throws -> any Engine {
        let base: any Engine =
            switch engine {
            case .reference: try reference()
            case .cuda: try cuda()
            case .onnxruntime: try onnxRuntime()
            // CUDA will come first here once it has been measured on a GPU.
            case .auto, .openvino:
                try OpenVINOEngine(
                    options: OpenVINOOptions(
                        device: device ?? "CPU", threads: threads, precision: openVINOPrecision,
                        cacheFolder: OpenVINO.cacheFolder()))
            }
        return precision == .int8Weights ? Int8WeightsEngine(base) : base
    }

    /// On `webgpu`, a GPU with a Vulkan driver, where no device is named; what only looks like a GPU has to be asked for.
    private func onnxRuntime() throws -> any Engine {
        let precision: ONNXRuntimeOptions.Precision
        switch self.precision {
        case .auto, .fp32, .int8Weights: precision = .float32
        case .fp16: precision = .float16
        case .bf16: throw EngineError(.notFound, "ONNX Runtime does not compute in bf16; use fp32 or fp16")
        }
        if device == nil {
            let devices = try Vulkan.devices()
            guard devices.contains(where: { $0.kind != .software }) else {
                throw EngineError(
                    .notFound,
                    "no GPU with a Vulkan driver was found; install your GPU's driver, or compute on the processor with "
                        + "--device cpu" + (devices.isEmpty ? "" : " or, slowly, with --device webgpu"))
            }
        }
        let words = (device ?? "webgpu").split(separator: ":", maxSplits: 1).map(String.init)
        guard let provider = words.first.flatMap({ ONNXRuntimeOptions.Provider(rawValue: $0.lowercased()) }),
            let index = words.count == 1 ? 0 : Int(words[1]), index >= 0
        else {
            let names = ONNXRuntimeOptions.Provider.allCases.map(\.rawValue).joined(separator: ", ")
            throw EngineError(
                .notFound,
                "ONNX Runtime has no device \"\(device ?? "")\"; it has \(names), each with :NUMBER for another than the "
                    + "first")
        }
        return try ONNXRuntimeEngine(
            options: ONNXRuntimeOptions(provider: provider, index: index, precision: precision, threads: threads))
    }

    private func cuda() throws -> any Engine {
        let precision: CUDAOptions.Precision
        switch self.precision {
        case .fp32: precision = .float32
        case .auto, .bf16: precision = .bfloat16
        case .fp16: precision = .float16
        case .int8Weights:
            throw EngineError(
                .notFound,
                "the CUDA engine keeps no weights in int8; use the precision bf16 or fp16 for half the memory")
        }
        var index = 0
        if let device {
            guard let number = Int(device), number >= 0 else {
                throw EngineError(
                    .notFound, "the CUDA engine numbers its devices from 0; \"\(device)\" is not one of them")
            }
            index = number
        }
        return try CUDAEngine(
            options: CUDAOptions(device: index, precision: precision, cacheFolder: CUDA.cacheFolder()))
    }

    private func reference() throws -> any Engine {
        if let device {
            throw EngineError(.notFound, "the reference engine has no device \"\(device)\"; leave out the device")
        }
        guard [.auto, .fp32, .int8Weights].contains(precision) else {
            throw EngineError(
                .notFound, "the reference engine computes in fp32 only; leave out the precision \(precision.rawValue)")
        }
        return ReferenceEngine()
    }

    private var openVINOPrecision: OpenVINOOptions.Precision? {
        switch precision {
        case .auto: nil
        case .fp32, .int8Weights: .float32
        case .bf16: .bfloat16
        case .fp16: .float16
        }
    }
}
