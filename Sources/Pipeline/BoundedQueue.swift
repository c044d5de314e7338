import Foundation

/// Hands values from one thread to another, first in, first out, and holds the faster of the two back.
///
/// Blocks, so it belongs between threads of one's own, never on Swift's cooperative pool.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // @unchecked: everything mutable is guarded by `condition`, which the compiler cannot see.
    private enum State {
        case open
        /// Nothing more will be put in; what is there can still be taken.
        case finished
        /// Both sides stop at once.
        case cancelled
    }

    private let condition = NSCondition()
    private let capacity: Int
    private var elements: [Element] = []
    private var state = State.open

    init(capacity: Int) { self.capacity = capacity }

    /// Waits for room. False where the other side does not want any more.
    func put(_ element: Element) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while state == .open, elements.count >= capacity { condition.wait() }
        guard state == .open else { return false }
        elements.append(element)
        condition.broadcast()
        return true
    }

    /// Waits for an element. Nil where there will be none.
    func take() -> Element? {
        condition.lock()
        defer { condition.unlock() }
        while state == .open, elements.isEmpty { condition.wait() }
        guard state != .cancelled, !elements.isEmpty else { return nil }
        let element = elements.removeFirst()
        condition.broadcast()
        return element
    }

    /// Nothing more will be put in.
    func finish() {
        condition.lock()
        defer { condition.unlock() }
        if state == .open { state = .finished }
        condition.broadcast()
    }

    /// Ends it for both sides at once.
    /// - Returns: what was waiting, which nobody will take any more.
    @discardableResult
    func cancel() -> [Element] {
        condition.lock()
        defer { condition.unlock() }
        state = .cancelled
        condition.broadcast()
        defer { elements = [] }
        return elements
    }
}
