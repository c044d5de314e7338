/// Variable frame rate to constant, by repeating and dropping whole frames on their timestamps; exact, however long
/// the stream.
///
/// Frame i is shown at the ticks nearest to its time up to those of frame i + 1, as FFmpeg's `fps` filter has it. It
/// comes out one frame late, because only the next frame's time tells whether it is shown at all.
package struct FrameRateConverter<Element> {
    /// A frame and the ticks (frame numbers at the output rate) it is shown at; none if it is never shown.
    package struct Shown {
        package let element: Element
        package let ticks: Range<Int64>
    }

    /// Frames a second.
    package let rate: Rational
    private let timeBase: Rational
    private var pending: (element: Element, tick: Int64)?
    private var end: Int64 = .min
    private var hasShown = false

    /// - Parameters:
    ///   - rate: frames a second of the output, above 0.
    ///   - timeBase: of the pts given to `push`.
    ///   - continues: frames were shown before these.
    package init(rate: Rational, timeBase: Rational, continues: Bool = false) {
        (self.rate, self.timeBase, hasShown) = (rate, timeBase, continues)
    }

    /// One tick of the output: its time base.
    package var outputTimeBase: Rational { rate.reciprocal }

    /// Takes the next frame, and tells where the one before it is shown.
    /// - Parameters:
    ///   - pts: rising from call to call.
    ///   - duration: how long it lasts; counts for the last frame alone.
    package mutating func push(_ element: Element, pts: Int64, duration: Int64) -> Shown? {
        let tick = tick(at: pts)
        defer {
            pending = (element, tick)
            end = max(self.tick(at: pts &+ max(duration, 0)), tick)
        }
        if let pending, pending.tick < tick { hasShown = true }
        return pending.map { Shown(element: $0.element, ticks: $0.tick..<max(tick, $0.tick)) }
    }

    /// The last frame, shown to the end of its duration; at least once, if it is the only one.
    /// - Parameter next: the pts of the frame that follows it elsewhere, where it is the last of a part.
    package mutating func finish(before next: Int64? = nil) -> Shown? {
        defer { pending = nil }
        if let next { return pending.map { Shown(element: $0.element, ticks: $0.tick..<max(tick(at: next), $0.tick)) } }
        return pending.map { Shown(element: $0.element, ticks: $0.tick..<max(end, hasShown ? $0.tick : $0.tick + 1)) }
    }

    private func tick(at pts: Int64) -> Int64 { pts.seconds(in: timeBase).ticks(of: outputTimeBase) }
}
