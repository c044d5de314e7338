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
