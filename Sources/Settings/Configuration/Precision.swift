/// What sums are computed in, and what weights take in memory.
package enum Precision: String, Sendable, Hashable, CaseIterable {
    case fp32, bf16, fp16
    /// Computed in fp32, from matrices kept as int8: a quarter of their memory.
    case int8Weights = "int8-weights"
}
