package import Basics
import Synchronization

/// The live settings of one stream, shared by those who change them (control socket, timeline, reload) and the pipeline,
/// which takes one snapshot a frame.
package final class SettingsStore: Sendable {
    private struct State {
        var transition: Transition
        var observers: [UInt64: AsyncStream<VersionedSettings>.Continuation] = [:]
        var nextObserver: UInt64 = 0
    }

    private let state: Mutex<State>

    package init(_ settings: StreamSettings = StreamSettings(), version: Int64 = 1) {
        state = Mutex(State(transition: Transition(settings, version: version)))
    }

    /// All of the change takes effect, or (when it is empty) none; a frame sees it whole.
    @discardableResult
    package func apply(
        _ change: SettingsChange, over duration: Duration = .zero, at now: MonotonicTime = .now
    ) -> VersionedSettings {
        state.withLock { state in
            if !change.isEmpty { state.transition.apply(change, over: duration, at: now) }
            let target = VersionedSettings(version: state.transition.version, settings: state.transition.target)
            if !change.isEmpty { for observer in state.observers.values { observer.yield(target) } }
            return target
        }
    }

    /// The settings of a frame that is begun now.
    package func snapshot(at now: MonotonicTime = .now) -> SettingsSnapshot {
        state.withLock { $0.transition.snapshot(at: now) }
    }

    /// Where the settings are, or are moving to.
    package var target: VersionedSettings {
        state.withLock { VersionedSettings(version: $0.transition.version, settings: $0.transition.target) }
    }

    /// The present settings and then every change. A slow reader gets the newest and misses what came between.
    package func updates() -> AsyncStream<VersionedSettings> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: VersionedSettings.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            let id = state.nextObserver
            state.nextObserver += 1
            state.observers[id] = continuation
            continuation.yield(VersionedSettings(version: state.transition.version, settings: state.transition.target))
            return id
        }
        continuation.onTermination = { [weak self] _ in
            // Not under the lock of a yield: termination comes from the reader's side only.
            _ = self?.state.withLock { $0.observers.removeValue(forKey: id) }
        }
        return stream
    }
}

/// The settings that one frame is made with.
package struct SettingsSnapshot: Sendable, Hashable {
    /// Of the newest change this snapshot takes part in; grows by one with each change, also over restarts.
    package let version: Int64
    /// Strength, blend and control_scale as they are at this moment of a transition; the prompt is the one that is being moved to.
    package let settings: StreamSettings
    /// What the embedding is made of at this moment.
    package let prompt: PromptBlend
    /// Whether a later frame will see other values although nothing changes any more.
    package let isInTransition: Bool
}

/// What `settings.get`, `settings.set` and `settings.observe` tell: where the settings are or are moving to.
package struct VersionedSettings: Sendable, Hashable {
    package let version: Int64
    package let settings: StreamSettings

    package init(version: Int64, settings: StreamSettings) { (self.version, self.settings) = (version, settings) }
}
