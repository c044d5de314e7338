/// Rows of texts in columns as wide as they need.
struct TextTable: CustomStringConvertible {
    let description: String

    init(_ rows: [[String]], rightAligned: Set<Int>, indent: String = "") {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        description = rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                // Nothing to fill behind the last column.
                let isLast = column == row.count - 1
                return rightAligned.contains(column) ? padding + cell : cell + (isLast ? "" : padding)
            }
            return indent + cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
