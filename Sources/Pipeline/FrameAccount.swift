/// The books of one stream's frames: decoded = restyled + Σ dropped + in flight, at every moment.
///
/// `inFlight` is what the books say is somewhere between the decoder and the restyled picture. Whoever owns those places
/// counts what really lies there and compares (`balances(holding:)`): a frame that got lost, or was counted twice,
/// shows up as a difference, and a stream that has ended must hold none.
package struct FrameAccount: Sendable, Equatable {
    /// Frames the decoder gave up, those it could make nothing of included.
    package private(set) var decoded: Int64 = 0
    /// Frames that went through the model; passed through at strength 0 is restyled as well.
    package private(set) var restyled: Int64 = 0
    package private(set) var dropped = DropCounts<DropCause>()

    package init() {}

    package var inFlight: Int64 { decoded - restyled - dropped.total }

    /// A frame left the decoder; it is in flight until it is restyled or dropped.
    package mutating func decode(_ count: Int64 = 1) { decoded += count }

    /// A frame in flight became a restyled picture.
    package mutating func restyle(_ count: Int64 = 1) { restyled += count }

    /// A frame in flight will never be restyled.
    package mutating func drop(_ cause: DropCause, _ count: Int64 = 1) { dropped[cause] += count }

    /// The decoder failed on a frame: it is counted as decoded and dropped at once.
    package mutating func failToDecode(_ count: Int64 = 1) {
        decoded += count
        dropped[.decodeError] += count
    }

    /// Whether the books agree with the number of frames that really are between decoder and restyled picture.
    package func balances(holding frames: Int64) -> Bool { inFlight == frames && frames >= 0 }
}
