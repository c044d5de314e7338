/// How many were dropped, by cause; every cause is present, most at 0.
package struct DropCounts<Cause>: Sendable, Equatable
where Cause: CaseIterable & Hashable & Sendable & RawRepresentable<String> {
    private var counts: [Cause: Int64] = [:]

    package init() {}

    package internal(set) subscript(cause: Cause) -> Int64 {
        get { counts[cause, default: 0] }
        set { counts[cause] = newValue }
    }

    package var total: Int64 { counts.values.reduce(0, +) }

    /// Every cause in its declared order with its count, for reports.
    package var all: [(cause: Cause, count: Int64)] { Cause.allCases.map { ($0, self[$0]) } }

    package static func == (a: Self, b: Self) -> Bool { Cause.allCases.allSatisfy { a[$0] == b[$0] } }
}
