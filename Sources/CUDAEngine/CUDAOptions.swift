/// How the engine is to compute.
package struct CUDAOptions: Sendable, Hashable {
    /// What the frame program's matrices are multiplied in; sums, and what depends on settings alone, are float32.
    package enum Precision: Sendable, Hashable, CaseIterable {
        case float32, bfloat16, float16
    }

    package var precision: Precision
    /// Where compiled kernels are kept for the next start; nil: nowhere.
    package var cacheFolder: String?

    package init(precision: Precision = .bfloat16, cacheFolder: String? = nil) {
        (self.precision, self.cacheFolder) = (precision, cacheFolder)
    }

    var element: ElementType {
        switch precision {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }
}
