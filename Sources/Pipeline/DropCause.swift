/// Why a decoded frame never became a restyled one. The raw values are the names in `stats`, the metrics and the log.
package enum DropCause: String, Sendable, Hashable, CaseIterable {
    /// It was overdue before its turn came.
    case late
    /// The output rate would never have shown it.
    case rate
    /// A bounded queue had no room.
    case queueFull = "queue_full"
    /// A newer frame took its place while it waited.
    case superseded
    /// It lies before the position that was asked for.
    case seek
    /// The stream was paused.
    case paused
    /// The decoder could make nothing of it.
    case decodeError = "decode_error"
    /// The engine failed on it.
    case inferenceError = "inference_error"
    /// The source was lost, restarted or changed its format while it waited.
    case discontinuity
    /// The stream stopped while it waited.
    case shutdown
}
