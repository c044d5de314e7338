/// The way of a stream's settings through time: each change sets out from where the settings are at that moment and
/// arrives after its own duration. Strength and blend move linearly, prompts by slerp of their embeddings, and all else
/// changes at once. A change leaves alone what it does not name, also when that is still under way.
package struct Transition: Sendable {
    /// The longest transition: a day.
    package static let maximumDuration = Duration.seconds(86_400)

    /// Where all of it ends.
    package private(set) var target: StreamSettings
    package private(set) var version: Int64
    private var strength: Ramp<Double>
    private var blend: Ramp<Double>
    private var prompt: Ramp<PromptBlend>

    package init(_ settings: StreamSettings, version: Int64 = 1) {
        (target, self.version) = (settings, version)
        strength = Ramp(settings.strength) { $0 + ($1 - $0) * $2 }
        blend = Ramp(settings.blend) { $0 + ($1 - $0) * $2 }
        prompt = Ramp(.prompt(settings.prompt)) { PromptBlend.between($0, $1, progress: $2) }
    }

    package mutating func apply(_ change: SettingsChange, over duration: Duration, at now: MonotonicTime) {
        let duration = min(max(duration, .zero), Transition.maximumDuration)
        target = target.applying(change)
        version += 1
        if change.contains(.strength) { strength.move(to: target.strength, over: duration, at: now) }
        if change.contains(.blend) { blend.move(to: target.blend, over: duration, at: now) }
        if change.contains(.prompt) { prompt.move(to: .prompt(target.prompt), over: duration, at: now) }
    }

    package func snapshot(at now: MonotonicTime) -> SettingsSnapshot {
        var settings = target
        settings.strength = strength.value(at: now)
        settings.blend = blend.value(at: now)
        return SettingsSnapshot(
            version: version, settings: settings, prompt: prompt.value(at: now),
            isInTransition: strength.isMoving(at: now) || blend.isMoving(at: now) || prompt.isMoving(at: now))
    }
}
