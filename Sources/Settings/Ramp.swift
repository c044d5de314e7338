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
