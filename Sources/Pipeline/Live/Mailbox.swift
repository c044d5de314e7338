/// One waiting element; the newest wins.
public struct Mailbox<Element> {
    public private(set) var waiting: Element?

    public init() {}

    public var isEmpty: Bool { waiting == nil }

    /// - Returns: the element that waited before, which nobody will see any more.
    public mutating func put(_ element: consuming Element) -> Element? {
        let superseded = waiting
        waiting = consume element
        return superseded
    }

    public mutating func take() -> Element? {
        let element = waiting
        waiting = nil
        return element
    }
}

extension Mailbox: Sendable where Element: Sendable {}
