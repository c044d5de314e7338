/// The books of one output: offered = written + repeated + Σ dropped + queued, at every moment.
///
/// A picture is offered on every tick of the output clock. The first time a picture is written it counts as written,
/// each further time as repeated.
public struct OutputAccount: Sendable, Equatable {
    public private(set) var offered: Int64 = 0
    public private(set) var written: Int64 = 0
    public private(set) var repeated: Int64 = 0
    public private(set) var dropped = DropCounts<OutputDropCause>()

    public init() {}

    public var queued: Int64 { offered - written - repeated - dropped.total }

    /// A picture is due; it is queued until it is written or dropped.
    public mutating func offer() { offered += 1 }

    /// The muxer took a queued picture.
    public mutating func write(isRepeat: Bool) {
        if isRepeat { repeated += 1 } else { written += 1 }
    }

    /// A queued picture will never be written.
    public mutating func drop(_ cause: OutputDropCause, _ count: Int64 = 1) { dropped[cause] += count }

    /// Whether the books agree with the number of pictures that really wait.
    public func balances(holding pictures: Int64) -> Bool { queued == pictures && pictures >= 0 }
}
