import Foundation

/// Standard error as people see it: a line that is drawn over where it is a terminal, plain lines where it is not.
struct Terminal {
    let isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    var width: Int {
        var size = winsize()
        guard isTerminal, ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Draws over the line that was there.
    func redraw(_ line: String) { write("\r\u{1b}[K" + line) }

    func clearLine() { if isTerminal { write("\r\u{1b}[K") } }

    /// Leaves the line that was drawn standing.
    func finishLine() { if isTerminal { write("\n") } }

    func print(_ line: String) {
        clearLine()
        write(line + "\n")
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

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
