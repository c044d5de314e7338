package import Media
package import Settings

/// How a live stream is doing at one moment.
package struct StreamStatus: Sendable {
    package let state: StreamState
    package let health: Health
    package let account: FrameAccount
    /// Frames between decoder and restyled picture at this moment, counted where they lie.
    package let held: Int64
    package let outputs: [OutputStatus]
    /// Ticks of the output clock, and how many of them nobody was there for.
    package let ticks: Int64
    package let missedTicks: Int64
    /// From a frame's capture to the tick it was first shown at, ns.
    package let latency: LatencyHistogram
    /// What the model takes for a frame, ns.
    package let restyleTime: LatencyHistogram
    /// Restyled pictures in the last full second.
    package let restyledPerSecond: Double
    /// Connections to the source so far.
    package let connections: Int64
    package let source: SourceInfo?
    package let settings: SettingsSnapshot
    /// Monotonic ns.
    package let time: Int64

    /// All books agree with what is really there.
    package var isBalanced: Bool {
        account.balances(holding: held) && outputs.allSatisfy { $0.account.balances(holding: $0.held) }
    }
}
