/// The address for the metrics cannot be had.
package struct MetricsError: Error, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
