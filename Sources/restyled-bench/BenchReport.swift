/// What was measured, as it is written.
struct BenchReport: Encodable {
    /// Milliseconds a frame.
    struct Spread: Encodable {
        let median, p95, minimum: Double

        /// - Parameter times: at least one.
        init(_ times: [Double]) {
            let sorted = times.sorted()
            (median, p95, minimum) = (sorted[sorted.count / 2], sorted[sorted.count * 95 / 100], sorted[0])
        }
    }

    let device: String
    let loadMs: Double
    var frameMs: Spread?
    /// By kind, all launches of a frame together.
    var kernelMs: [String: Double]?
}
