public import Media
public import Settings

/// How a live stream is doing at one moment.
public struct StreamStatus: Sendable {
    public let state: StreamState
    public let health: Health
    public let account: FrameAccount
    /// Frames between decoder and restyled picture at this moment, counted where they lie.
    public let held: Int64
    public let outputs: [OutputStatus]
    /// Ticks of the output clock, and how many of them nobody was there for.
    public let ticks: Int64
    public let missedTicks: Int64
    /// From a frame's capture to the tick it was first shown at, ns.
    public let latency: LatencyHistogram
    /// What the model takes for a frame, ns.
    public let restyleTime: LatencyHistogram
    /// Restyled pictures in the last full second.
    public let restyledPerSecond: Double
    /// Connections to the source so far.
    public let connections: Int64
    public let source: SourceInfo?
    public let settings: SettingsSnapshot
    /// Monotonic ns.
    public let time: Int64

    /// All books agree with what is really there.
    public var isBalanced: Bool {
        account.balances(holding: held) && outputs.allSatisfy { $0.account.balances(holding: $0.held) }
    }
}
