import Basics
import Settings
import Testing

@Suite struct SettingsStoreTests {
    @Test func versionsGrowByOneAndAnEmptyChangeIsNone() throws {
        let store = SettingsStore(version: 41)
        let now = MonotonicTime(nanoseconds: 0)
        #expect(store.apply(SettingsChange(), at: now).version == 41)
        let changed = store.apply(try SettingsChange(assignments: ["strength=0.9"]), at: now)
        #expect(changed.version == 42)
        #expect(changed.settings.strength == 0.9)
        #expect(store.snapshot(at: now).version == 42)
    }

    @Test func observersSeeThePresentAndTheNewest() async throws {
        let store = SettingsStore()
        var updates = store.updates().makeAsyncIterator()
        #expect(await updates.next()?.version == 1)
        for strength in 1...100 { store.apply(try SettingsChange(assignments: ["strength=\(Double(strength) / 100)"])) }
        let newest = await updates.next()
        #expect(newest?.version == 101)
        #expect(newest?.settings.strength == 1)
    }

    /// Writers in competition: each change is seen whole, and none is lost.
    @Test func aFrameNeverSeesHalfAChange() async throws {
        let store = SettingsStore(
            StreamSettings().applying(try SettingsChange(assignments: ["strength=0", "blend=0"])))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for index in 0..<500 {
                        let value = Double((writer * 500 + index) % 1000) / 1000
                        store.apply(try SettingsChange(assignments: ["strength=\(value)", "blend=\(value)"]))
                    }
                }
            }
            group.addTask {
                for _ in 0..<5000 {
                    let snapshot = store.snapshot()
                    #expect(snapshot.settings.strength == snapshot.settings.blend)
                }
            }
            try await group.waitForAll()
        }
        #expect(store.target.version == 2001)
    }
}
