import Settings

/// Computes what a live stream's model needs of new settings, beside the frames and on a thread of its own: the newest win,
/// and a frame uses whatever is ready. Only the first frame waits.
final class SettingsPreparer: Sendable {
    /// The stream has stopped before its first settings were ready.
    struct Stopped: Error {}

    private struct State: Sendable {
        var wanted: SettingsSnapshot?
        /// What was prepared last.
        var done: ModelSettings?
        /// Why what is wanted can't be prepared; the next frame throws it, and then it is tried again.
        var failure: (any Error)?
        var isStopping = false
    }

    private let restyler: any FrameRestyler
    private let state = Monitor(State())

    init(_ restyler: any FrameRestyler) { self.restyler = restyler }

    /// Says what the settings are. Costs next to nothing where they have not changed, and never waits.
    func want(_ snapshot: SettingsSnapshot) {
        guard snapshot.asksModel else { return }
        let settings = ModelSettings(snapshot)
        if state.withLock({ $0.wanted.map(ModelSettings.init) == settings }) { return }
        state.withLockNotifying { $0.wanted = snapshot }
    }

    /// The settings for a frame that is begun now: the newest if they are ready, else the whole of those before them.
    /// - Throws: why they can't be prepared; `Stopped`
    func inForce(for newest: SettingsSnapshot) throws -> SettingsSnapshot {
        want(newest)
        let failure: (any Error)? = state.wait { state in
            if let failure = state.failure {
                state.failure = nil
                return .done(failure)
            }
            return state.done != nil || state.isStopping ? .done(nil) : .retry(at: nil)
        }
        if let failure { throw failure }
        guard let active = restyler.activate() else { throw Stopped() }
        return ModelSettings(active) == ModelSettings(newest) ? newest : active
    }

    /// Its thread.
    func run() {
        while let next = nextWanted() {
            do {
                try restyler.prepare(next)
                state.withLockNotifying { $0.done = ModelSettings(next) }
            } catch {
                state.withLockNotifying { $0.failure = error }
            }
        }
    }

    func stop() { state.withLockNotifying { $0.isStopping = true } }

    private func nextWanted() -> SettingsSnapshot? {
        state.wait { state in
            if state.isStopping { return .done(nil) }
            guard state.failure == nil, let wanted = state.wanted, ModelSettings(wanted) != state.done else {
                return .retry(at: nil)
            }
            return .done(wanted)
        }
    }
}
