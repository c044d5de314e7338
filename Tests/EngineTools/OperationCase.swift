import Graph
import Testing

/// A graph of one or a few operations, to be compared with the reference engine on whatever device.
package struct OperationCase: Sendable, CustomTestStringConvertible {
    package let testDescription: String
    /// - Returns: the largest difference, relative to an output's largest number.
    package let difference: @Sendable (inout Comparison) throws -> Double

    init(_ name: String, _ difference: @escaping @Sendable (inout Comparison) throws -> Double) {
        (testDescription, self.difference) = (name, difference)
    }

    package static let all = products + attentions + norms + elementwise + fusions
}
