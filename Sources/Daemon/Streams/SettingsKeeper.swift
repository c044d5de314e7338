import Logging
import Pipeline
import Settings

/// Keeps a stream's live settings in the state directory, so that they come back after a restart.
actor SettingsKeeper {
    private let state: SettingsState
    private let configured: StreamSettings
    private let settings: SettingsStore
    private let logger: Logger
    private var saved: VersionedSettings
    private var isFailing = false

    /// How long changes are gathered before they are written: a knob that is being turned is one write.
    private static let pause = Duration.milliseconds(300)

    init(_ settings: SettingsStore, configured: StreamSettings, in state: SettingsState, logger: Logger) {
        (self.settings, self.configured, self.state, self.logger) = (settings, configured, state, logger)
        saved = settings.target
    }

    /// Until it is cancelled.
    func run() async {
        for await _ in settings.updates() {
            await save()
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Writes what has changed since the last time.
    func save() async {
        let target = settings.target
        guard target != saved else { return }
        do {
            try await onThread("save settings") { [state, configured] in
                try state.save(target, configured: configured)
            }
            (saved, isFailing) = (target, false)
        } catch {
            // A full disk is reported once, not with every change.
            if !isFailing { logger.warning("\(error)") }
            isFailing = true
        }
    }
}
