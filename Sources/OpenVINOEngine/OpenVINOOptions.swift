/// How OpenVINO is to run its programs.
package struct OpenVINOOptions: Sendable, Hashable {
    /// What sums and products are computed in, wherever the device has a faster way than float32.
    package enum Precision: String, Sendable, Hashable, CaseIterable {
        case float32 = "f32"
        case bfloat16 = "bf16"
        case float16 = "f16"

        /// How devices that have it say so; nil for what every device has.
        var capability: String? {
            switch self {
            case .float32: nil
            case .bfloat16: "BF16"
            case .float16: "FP16"
            }
        }
    }

    /// OpenVINO's name of the device: "CPU", "GPU", "GPU.1", "NPU".
    package var device: String
    /// CPU threads to compute on; nil leaves the number to OpenVINO (one for each physical core).
    package var threads: Int?
    package var precision: Precision
    /// Where small compiled models are kept for the next start; nil: nowhere.
    package var cacheFolder: String?

    package init(
        device: String = "CPU", threads: Int? = nil, precision: Precision = .float32, cacheFolder: String? = nil
    ) {
        (self.device, self.threads, self.precision) = (device, threads, precision)
        self.cacheFolder = cacheFolder
    }
}
