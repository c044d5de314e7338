/// Counts troubles that may come with every frame, and lets through one report a second.
struct TroubleReport: Sendable, Equatable {
    private var unreported: Int64 = 0
    private var lastReport: Int64?

    /// - Returns: how many there were since the last report, if one is due at `now` (monotonic ns).
    mutating func note(at now: Int64) -> Int64? {
        unreported += 1
        if let lastReport, now - lastReport < 1_000_000_000 { return nil }
        lastReport = now
        defer { unreported = 0 }
        return unreported
    }
}
