import DequeModule

/// Keeps packets of copied streams until the video has come as far, so that a slow restyler does not leave the sound of
/// a minute before its first picture. Video itself never waits.
struct Interleaver<Element> {
    /// At most this many wait; more would mean that the video has stopped.
    let capacity: Int
    private var waiting: Deque<(time: Rational, element: Element)> = []

    init(capacity: Int = 20_000) { self.capacity = capacity }

    /// Takes one in. Returns what must go now for want of room.
    mutating func hold(_ element: Element, due time: Rational) -> Element? {
        waiting.append((time, element))
        return waiting.count > capacity ? waiting.popFirst()?.element : nil
    }

    /// Everything due until then, in the order it came.
    mutating func release(until time: Rational) -> [Element] {
        var due: [Element] = []
        var rest: Deque<(time: Rational, element: Element)> = []
        for entry in waiting {
            if entry.time <= time { due.append(entry.element) } else { rest.append(entry) }
        }
        if !due.isEmpty { waiting = rest }
        return due
    }

    mutating func releaseAll() -> [Element] {
        defer { waiting.removeAll() }
        return waiting.map(\.element)
    }
}
