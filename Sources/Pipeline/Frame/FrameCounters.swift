/// The frame counters of one stream: decoded = restyled + Σ dropped + in flight, at every moment.
///
/// `inFlight` is how many must be somewhere between the decoder and the restyled picture. Who owns those places counts
/// what really is there and compares (`agree(holding:)`): a frame that got lost, or was counted twice, shows up as a
/// difference, and a stream that has ended must hold none.
package struct FrameCounters: Sendable, Equatable {
    /// Frames that came out of the decoder, those it could make nothing of included.
    package private(set) var decoded: Int64 = 0
    /// Frames that became a picture, by the model or as they were.
    package private(set) var restyled: Int64 = 0
    package private(set) var dropped = DropCounts<DropCause>()

    package init() {}

    package var inFlight: Int64 { decoded - restyled - dropped.total }

    /// A frame left the decoder; it is in flight until it is restyled or dropped.
    package mutating func countDecoded(_ count: Int64 = 1) { decoded += count }

    /// A frame in flight became a picture.
    package mutating func countRestyled(_ count: Int64 = 1) { restyled += count }

    /// A frame in flight will never be restyled.
    package mutating func countDropped(_ cause: DropCause, _ count: Int64 = 1) { dropped[cause] += count }

    /// The decoder failed on a frame: it is counted as decoded and dropped at once.
    package mutating func countUndecodable(_ count: Int64 = 1) {
        decoded += count
        dropped[.decodeError] += count
    }

    /// Whether the counters agree with the number of frames that really are between decoder and restyled picture.
    package func agree(holding frames: Int64) -> Bool { inFlight == frames && frames >= 0 }
}

/// The frame counters of one output: offered = written + repeated + Σ dropped + queued, at every moment.
///
/// A picture is offered on every tick of the output clock. The first time a picture is written it counts as written,
/// each further time as repeated.
package struct OutputCounters: Sendable, Equatable {
    package private(set) var offered: Int64 = 0
    package private(set) var written: Int64 = 0
    package private(set) var repeated: Int64 = 0
    package private(set) var dropped = DropCounts<OutputDropCause>()

    package init() {}

    package var queued: Int64 { offered - written - repeated - dropped.total }

    /// A picture is due; it is queued until it is written or dropped.
    package mutating func countOffered() { offered += 1 }

    /// The muxer took a queued picture.
    package mutating func countWritten(isRepeat: Bool) {
        if isRepeat { repeated += 1 } else { written += 1 }
    }

    /// A queued picture will never be written.
    package mutating func countDropped(_ cause: OutputDropCause, _ count: Int64 = 1) { dropped[cause] += count }

    /// Whether the counters agree with the number of pictures that really wait.
    package func agree(holding pictures: Int64) -> Bool { queued == pictures && pictures >= 0 }
}

/// How many were dropped, by cause; every cause is present, most at 0.
package struct DropCounts<Cause>: Sendable, Equatable
where Cause: CaseIterable & Hashable & Sendable & RawRepresentable<String> {
    private var counts: [Cause: Int64] = [:]

    package init() {}

    package internal(set) subscript(cause: Cause) -> Int64 {
        get { counts[cause, default: 0] }
        set { counts[cause] = newValue }
    }

    package var total: Int64 { counts.values.reduce(0, +) }

    /// Every cause in its declared order with its count, for reports.
    package var all: [(cause: Cause, count: Int64)] { Cause.allCases.map { ($0, self[$0]) } }

    package static func == (a: Self, b: Self) -> Bool { Cause.allCases.allSatisfy { a[$0] == b[$0] } }
}

/// Why a decoded frame never became a restyled one. The raw values are the names in `stats`, the metrics and the log.
package enum DropCause: String, Sendable, Hashable, CaseIterable {
    /// The output rate would never have shown it.
    case rate
    /// A newer frame took its place while it waited.
    case superseded
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

/// Why a picture that was due never reached an output. The raw values are the names in `stats`, the metrics and the log.
package enum OutputDropCause: String, Sendable, Hashable, CaseIterable {
    /// The output was not there to be written to.
    case outputDown = "output_down"
    /// The output could not keep up, and its queue was full.
    case queueFull = "queue_full"
}
