import Media

/// A picture that outputs are offered, tick after tick until there is a newer one.
struct LivePicture: Sendable {
    let image: RGBImage
    /// Grows with every new picture of a stream.
    let serial: Int64
    /// When its source frame was captured, monotonic ns; `nil` for one that has none.
    let captured: Int64?
}
