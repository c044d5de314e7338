import CUDAEngine
import EngineTools
import Graph
import Testing

/// A graph of one or a few operations, to be compared with the reference engine on whatever device.
struct OperationCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// - Returns: the largest difference, relative to an output's largest number.
    let difference: @Sendable (inout Comparison) throws -> Double

    init(_ name: String, _ difference: @escaping @Sendable (inout Comparison) throws -> Double) {
        (testDescription, self.difference) = (name, difference)
    }

    static let all = products + attentions + norms + elementwise + fusions

    /// What the difference has to stay below.
    static func tolerance(_ precision: CUDAOptions.Precision) -> Double { precision == .float32 ? 1e-4 : 1e-2 }
}
