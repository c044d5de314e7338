/// The books of one output: offered = written + repeated + Σ dropped + queued, at every moment.
///
/// A picture is offered on every tick of the output clock. The first time a picture is written it counts as written,
/// each further time as repeated.
package struct OutputAccount: Sendable, Equatable {
    package private(set) var offered: Int64 = 0
    package private(set) var written: Int64 = 0
    package private(set) var repeated: Int64 = 0
    package private(set) var dropped = DropCounts<OutputDropCause>()

    package init() {}

    package var queued: Int64 { offered - written - repeated - dropped.total }

    /// A picture is due; it is queued until it is written or dropped.
    package mutating func offer() { offered += 1 }

    /// The muxer took a queued picture.
    package mutating func write(isRepeat: Bool) {
        if isRepeat { repeated += 1 } else { written += 1 }
    }

    /// A queued picture will never be written.
    package mutating func drop(_ cause: OutputDropCause, _ count: Int64 = 1) { dropped[cause] += count }

    /// Whether the books agree with the number of pictures that really wait.
    package func balances(holding pictures: Int64) -> Bool { queued == pictures && pictures >= 0 }
}
