/// Why a picture that was due never reached an output. The raw values are the names in `stats`, the metrics and the log.
package enum OutputDropCause: String, Sendable, Hashable, CaseIterable {
    /// The output was not there to be written to.
    case outputDown = "output_down"
    /// The output could not keep up, and its queue was full.
    case queueFull = "queue_full"
}
