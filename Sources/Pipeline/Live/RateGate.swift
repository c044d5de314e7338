/// Lets at most one frame into the model for each tick of the output clock: more would never be shown.
///
/// A frame that comes early waits for the next tick instead of being dropped, so a source at the output's own rate loses
/// nothing to jitter.
package struct RateGate: Sendable, Equatable {
    private var lastStart: Int64?

    package init() {}

    /// - Parameter tick: the last tick that was due (`OutputClock.index(at:)`).
    package func isOpen(at tick: Int64) -> Bool { lastStart.map { tick > $0 } ?? true }

    /// A frame goes in during this tick.
    package mutating func pass(at tick: Int64) { lastStart = tick }
}
