/// What computes.
package enum EngineName: String, Sendable, Hashable, CaseIterable {
    /// The fastest engine there is on this machine, of those that were measured.
    case auto
    case openvino
    /// NVIDIA's GPUs. Written and checked without a GPU, not yet measured.
    case cuda
    /// Slow, for checking.
    case reference
}
