package import Basics

/// The way of a stream's settings through time: each change sets out from where the settings are at that moment and
/// arrives after its own duration. Strength, blend and the controls' scale move linearly, prompts by slerp of their
/// embeddings, and all else changes at once. A change leaves alone what it does not name, also when that is still under way.
package struct Transition: Sendable {
    /// The longest transition: a day.
    package static let maximumDuration = Duration.seconds(86_400)

    /// Where all of it ends.
    package private(set) var target: StreamSettings
    package private(set) var version: Int64
    private var strength: Ramp<Double>
    private var blend: Ramp<Double>
    private var controlScale: Ramp<Double>
    private var prompt: Ramp<PromptBlend>

    package init(_ settings: StreamSettings, version: Int64 = 1) {
        (target, self.version) = (settings, version)
        strength = Ramp(settings.strength) { $0 + ($1 - $0) * $2 }
        blend = Ramp(settings.blend) { $0 + ($1 - $0) * $2 }
        controlScale = Ramp(settings.controlScale) { $0 + ($1 - $0) * $2 }
        prompt = Ramp(.prompt(settings.prompt)) { PromptBlend.between($0, $1, progress: $2) }
    }

    package mutating func apply(_ change: SettingsChange, over duration: Duration, at now: MonotonicTime) {
        let duration = min(max(duration, .zero), Transition.maximumDuration)
        target = target.applying(change)
        version += 1
        if change.contains(.strength) { strength.move(to: target.strength, over: duration, at: now) }
        if change.contains(.blend) { blend.move(to: target.blend, over: duration, at: now) }
        if change.contains(.controlScale) {
            controlScale.move(to: target.controlScale, over: duration, at: now)
        }
        if change.contains(.prompt) { prompt.move(to: .prompt(target.prompt), over: duration, at: now) }
    }

    package func snapshot(at now: MonotonicTime) -> SettingsSnapshot {
        var settings = target
        settings.strength = strength.value(at: now)
        settings.blend = blend.value(at: now)
        settings.controlScale = controlScale.value(at: now)
        return SettingsSnapshot(
            version: version, settings: settings, prompt: prompt.value(at: now),
            isInTransition: strength.isMoving(at: now) || blend.isMoving(at: now)
                || controlScale.isMoving(at: now) || prompt.isMoving(at: now))
    }
}

/// A value on its way from one to another in a given time.
struct Ramp<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case resting(Value)
        case moving(from: Value, to: Value, start: MonotonicTime, duration: Duration)
    }

    private var state: State
    private let between: @Sendable (Value, Value, Double) -> Value

    init(_ value: Value, between: @escaping @Sendable (Value, Value, Double) -> Value) {
        (state, self.between) = (.resting(value), between)
    }

    func value(at now: MonotonicTime) -> Value {
        switch state {
        case .resting(let value): value
        case .moving(let from, let to, let start, let duration):
            if now >= start + duration {
                to
            } else {
                between(from, to, max(0, (now - start).inSeconds / duration.inSeconds))
            }
        }
    }

    func isMoving(at now: MonotonicTime) -> Bool {
        guard case .moving(_, _, let start, let duration) = state else { return false }
        return now < start + duration
    }

    /// Sets out for a new value from wherever it is now; at once when the duration is 0.
    mutating func move(to value: Value, over duration: Duration, at now: MonotonicTime) {
        state =
            duration > .zero
            ? .moving(from: self.value(at: now), to: value, start: now, duration: duration) : .resting(value)
    }
}

/// What the embedding of one frame is made of: a prompt's own, or a point on the way between two, to be found by
/// spherical interpolation of their embeddings.
///
/// It nests when a change comes while an earlier one is still under way, so that no change makes the picture jump.
package indirect enum PromptBlend: Sendable, Hashable {
    case prompt(Prompt)
    /// From the first to the second; progress in (0, 1).
    case slerp(PromptBlend, PromptBlend, progress: Double)

    /// Deeper nesting than this is cut: each level costs one more interpolation, and an eye sees no difference.
    static let maximumDepth = 4

    static func between(_ start: PromptBlend, _ end: PromptBlend, progress: Double) -> PromptBlend {
        if progress <= 0 || start == end { return start }
        if progress >= 1 { return end }
        return .slerp(start.flattened(to: maximumDepth - 1), end, progress: progress)
    }

    /// The same blend at most `depth` levels deep: what lies deeper is replaced by the end it is nearer to.
    private func flattened(to depth: Int) -> PromptBlend {
        guard case .slerp(let start, let end, let progress) = self else { return self }
        guard depth > 0 else { return (progress < 0.5 ? start : end).flattened(to: 0) }
        return .slerp(start.flattened(to: depth - 1), end.flattened(to: depth - 1), progress: progress)
    }

    /// All the prompts that must be encoded for this blend.
    package var prompts: Set<Prompt> {
        switch self {
        case .prompt(let prompt): [prompt]
        case .slerp(let start, let end, _): start.prompts.union(end.prompts)
        }
    }
}
