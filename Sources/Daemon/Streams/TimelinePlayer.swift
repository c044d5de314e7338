import Settings

/// Applies a timeline's changes when they are due.
struct TimelinePlayer: Sendable {
    let timeline: Timeline
    let settings: SettingsStore

    /// Plays from now on, until its last entry or until it is cancelled.
    func run() async {
        let start = SuspendingClock.now
        for entry in timeline.entries {
            // Always on the way of the first moment, so that lateness does not add up.
            do { try await Task.sleep(until: start.advanced(by: entry.time), clock: .suspending) } catch { return }
            settings.apply(entry.change, over: entry.transition)
        }
    }
}
