import Glibc
package import Logging

/// Writes log lines to stderr: `message key=value …`, for the journal with its priority in front (`<6>…`, see
/// sd-daemon(3)), for a terminal with the time and the level.
package struct StandardErrorLogHandler: LogHandler {
    package enum Style: Sendable, Hashable {
        /// systemd reads stderr; it knows the time itself.
        case journal
        case plain
        /// Somebody reads along, above a status line that is redrawn: no times, and no counters at the end.
        case terminal

        /// JOURNAL_STREAM is what systemd sets where stderr goes to the journal: its device and inode. A child whose
        /// stderr was turned elsewhere inherits the variable, so they are compared.
        package init(environment: [String: String]) {
            var status = stat()
            let isJournal =
                fstat(STDERR_FILENO, &status) == 0
                && environment["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)"
            let isTerminal = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
            self = isJournal ? .journal : isTerminal ? .terminal : .plain
        }
    }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let style: Style
    private let label: String
    private let write: @Sendable (String) -> Void

    /// - Parameter write: takes a whole line with its end.
    package init(
        label: String, style: Style, level: Logger.Level = .info,
        write: @escaping @Sendable (String) -> Void = StandardErrorLogHandler.writeToStandardError
    ) {
        (self.label, self.style, logLevel, self.write) = (label, style, level, write)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        all.merge(metadataProvider?.get() ?? [:]) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        if style == .terminal { all["stats"] = nil }
        let message =
            ([event.message.description.oneLine]
            + all.sorted { $0.key < $1.key }.map { key, value in
                "\(key)=\(StandardErrorLogHandler.quoted("\(value)"))"
            }).joined(separator: " ")
        switch style {
        case .journal: write("<\(event.level.journalPriority)>\(message)\n")
        case .terminal: write("\r\u{1b}[K\(event.level >= .warning ? "\(event.level.rawValue): " : "")\(message)\n")
        case .plain: write("\(StandardErrorLogHandler.timestamp()) \(event.level.rawValue) \(message)\n")
        }
    }

    /// In one call, so that lines of several threads do not mix.
    package static func writeToStandardError(_ line: String) {
        let bytes = Array(line.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func quoted(_ value: String) -> String {
        let value = value.oneLine
        guard value.isEmpty || value.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return value }
        return "\"\(value.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined())\""
    }

    private static func timestamp() -> String {
        var (now, parts) = (time(nil), tm())
        localtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S%z", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Logger.Level {
    /// syslog's numbers.
    var journalPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

extension String {
    /// A message that holds a line end must not forge another message.
    fileprivate var oneLine: String { String(unicodeScalars.map { $0.value < 32 ? " " : Character($0) }) }
}
