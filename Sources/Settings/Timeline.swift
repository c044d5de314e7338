/// Changes of the settings at given times of a stream, for runs that nobody attends.
package struct Timeline: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        /// From the start of the stream.
        package let time: Duration
        package let change: SettingsChange
        /// How long the change takes.
        package let transition: Duration

        package init(time: Duration, change: SettingsChange, transition: Duration = .zero) {
            (self.time, self.change, self.transition) = (time, change, transition)
        }
    }

    /// In the order of their times; no two at the same time.
    package let entries: [Entry]

    /// What falls due from `start` (included) to `end` (excluded), to be applied in order. A player that asks for one
    /// interval after another misses nothing and applies nothing twice, however uneven its clock.
    package func entries(from start: Duration, until end: Duration) -> ArraySlice<Entry> {
        let first = entries.firstIndex { $0.time >= start } ?? entries.endIndex
        let last = entries[first...].firstIndex { $0.time >= end } ?? entries.endIndex
        return entries[first..<last]
    }
}
