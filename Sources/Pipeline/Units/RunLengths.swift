/// A sequence of numbers in which long runs are equal, such as the durations of a video's pictures.
package struct RunLengths: Sendable, Equatable, Sequence {
    package struct Run: Sendable, Equatable {
        package var count: Int
        package let value: Int64
    }
    package private(set) var runs: [Run] = []

    package init(_ runs: [Run] = []) { self.runs = runs }

    package var count: Int { runs.reduce(0) { $0 + $1.count } }

    package mutating func append(_ value: Int64) {
        if runs.last?.value == value {
            runs[runs.count - 1].count += 1
        } else {
            runs.append(Run(count: 1, value: value))
        }
    }

    package func makeIterator() -> AnyIterator<Int64> {
        AnyIterator(runs.lazy.flatMap { repeatElement($0.value, count: $0.count) }.makeIterator())
    }
}
