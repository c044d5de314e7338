/// A named stretch of the input, in seconds from the start of what is read.
package struct Chapter: Sendable, Hashable {
    package var start: Rational
    package var end: Rational
    package var title: String
}
