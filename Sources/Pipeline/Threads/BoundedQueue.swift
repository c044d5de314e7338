/// Hands values from one thread to another, first in, first out, and holds the faster of the two back.
///
/// Blocks, so it belongs between threads of one's own, never on Swift's cooperative pool.
final class BoundedQueue<Element: Sendable>: Sendable {
    private enum Phase {
        case open
        /// Nothing more will be put in; what is there can still be taken.
        case finished
        /// Both sides stop at once.
        case cancelled
    }

    private struct State {
        var elements: [Element] = []
        var phase = Phase.open
    }

    private let capacity: Int
    private let state = Monitor(State())

    init(capacity: Int) { self.capacity = capacity }

    /// Waits for room. False where the other side does not want any more.
    func put(_ element: Element) -> Bool {
        state.wait { state in
            guard case .open = state.phase else { return .done(false) }
            guard state.elements.count < capacity else { return .retry(at: nil) }
            state.elements.append(element)
            return .done(true)
        }
    }

    /// Waits for an element. Nil where there will be none.
    func take() -> Element? {
        state.wait { state in
            switch state.phase {
            case .cancelled: .done(nil)
            case .open where state.elements.isEmpty: .retry(at: nil)
            case .finished where state.elements.isEmpty: .done(nil)
            case .open, .finished: .done(state.elements.removeFirst())
            }
        }
    }

    /// Nothing more will be put in.
    func finish() {
        state.withLockNotifying { state in if case .open = state.phase { state.phase = .finished } }
    }

    /// Ends it for both sides at once.
    /// - Returns: what was waiting, which nobody will take any more.
    @discardableResult
    func cancel() -> [Element] {
        state.withLockNotifying { state in
            state.phase = .cancelled
            defer { state.elements = [] }
            return state.elements
        }
    }
}
