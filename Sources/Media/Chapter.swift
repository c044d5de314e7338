/// A named stretch of the input, in seconds from the start of what is read.
public struct Chapter: Sendable, Hashable {
    public var start: Rational
    public var end: Rational
    public var title: String
}
