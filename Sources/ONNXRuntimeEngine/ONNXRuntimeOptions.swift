/// How ONNX Runtime is to run its programs.
package struct ONNXRuntimeOptions: Sendable, Hashable {
    /// What executes: one of ONNX Runtime's execution providers.
    package enum Provider: String, Sendable, Hashable, CaseIterable {
        case cpu, webgpu, cuda, tensorrt

        /// Its name in `GetAvailableProviders`.
        var listed: String {
            switch self {
            case .cpu: "CPUExecutionProvider"
            case .webgpu: "WebGpuExecutionProvider"
            case .cuda: "CUDAExecutionProvider"
            case .tensorrt: "TensorrtExecutionProvider"
            }
        }
    }

    /// What sums and products are computed in.
    package enum Precision: String, Sendable, Hashable, CaseIterable { case float32, float16 }

    package var provider: Provider
    /// Which of the provider's devices.
    package var index: Int
    package var precision: Precision
    /// CPU threads to compute on; nil leaves the number to ONNX Runtime (one for each physical core).
    package var threads: Int?
    /// Bytes that an attention's scores may take at once; longer sequences of queries are taken in parts.
    package var largestScores: Int

    /// - Parameter largestScores: by default what WebGPU promises for a buffer; of a CPU's caches, less.
    package init(
        provider: Provider = .cpu, index: Int = 0, precision: Precision = .float32, threads: Int? = nil,
        largestScores: Int? = nil
    ) {
        (self.provider, self.index, self.precision, self.threads) = (provider, index, precision, threads)
        self.largestScores = largestScores ?? (provider == .cpu ? 32 << 20 : 128 << 20)
    }
}
