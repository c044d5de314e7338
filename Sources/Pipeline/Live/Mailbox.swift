/// One waiting element; the newest wins.
package struct Mailbox<Element> {
    package private(set) var waiting: Element?

    package init() {}

    package var isEmpty: Bool { waiting == nil }

    /// - Returns: the element that waited before, which nobody will see any more.
    package mutating func put(_ element: consuming Element) -> Element? {
        let superseded = waiting
        waiting = consume element
        return superseded
    }

    package mutating func take() -> Element? {
        let element = waiting
        waiting = nil
        return element
    }
}

extension Mailbox: Sendable where Element: Sendable {}
