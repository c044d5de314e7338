import CUDAEngine
package import Graph
import OpenVINOEngine
import ReferenceEngine
package import Settings

/// What computes, and how.
package struct EngineChoice: Sendable, Hashable {
    package var engine: EngineName
    package var precision: Precision
    /// Nil for as many as there are cores.
    package var threads: Int?

    package init(_ engine: EngineName = .auto, precision: Precision = .fp32, threads: Int? = nil) {
        (self.engine, self.precision, self.threads) = (engine, precision, threads)
    }

    /// The engine asked for, or the fastest there is; never another in silence.
    /// - Throws: `EngineError` where it is missing, or cannot compute in the precision.
    package func make() throws -> any Engine {
        let base: any Engine =
            switch engine {
            case .reference: try reference()
            case .cuda: try cuda()
            // CUDA will come first here once it has been measured on a GPU.
            case .auto, .openvino:
                try OpenVINOEngine(
                    options: OpenVINOOptions(
                        threads: threads, precision: openVINOPrecision, cacheFolder: OpenVINO.cacheFolder()))
            }
        return precision == .int8Weights ? Int8WeightsEngine(base) : base
    }

    private func cuda() throws -> any Engine {
        let precision: CUDAOptions.Precision
        switch self.precision {
        case .fp32: precision = .float32
        case .bf16: precision = .bfloat16
        case .fp16: precision = .float16
        case .int8Weights:
            throw EngineError(
                .notFound,
                "the CUDA engine keeps no weights in int8; use the precision bf16 or fp16 for half the memory")
        }
        return try CUDAEngine(options: CUDAOptions(precision: precision, cacheFolder: CUDA.cacheFolder()))
    }

    private func reference() throws -> any Engine {
        guard precision == .fp32 || precision == .int8Weights else {
            throw EngineError(
                .notFound, "the reference engine computes in fp32 only; leave out the precision \(precision.rawValue)")
        }
        return ReferenceEngine()
    }

    private var openVINOPrecision: OpenVINOOptions.Precision {
        switch precision {
        case .fp32, .int8Weights: .float32
        case .bf16: .bfloat16
        case .fp16: .float16
        }
    }
}
