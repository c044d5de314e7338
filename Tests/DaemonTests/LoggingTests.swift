import Daemon
import Logging
import Synchronization
import Testing

@Suite struct LoggingTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func log(
        _ style: StandardErrorLogHandler.Style, level: Logger.Level = .info, _ body: (inout Logger) -> Void
    ) -> [String] {
        let lines = Lines()
        var logger = Logger(label: "restyled") { label in
            StandardErrorLogHandler(label: label, style: style, level: level) { line in
                lines.all.withLock { $0.append(line) }
            }
        }
        body(&logger)
        return lines.all.withLock { $0 }
    }

    @Test func journalPriorities() {
        let lines = log(.journal, level: .trace) { logger in
            logger.trace("a")
            logger.debug("b")
            logger.info("c")
            logger.notice("d")
            logger.warning("e")
            logger.error("f")
            logger.critical("g")
        }
        #expect(lines == ["<7>a\n", "<7>b\n", "<6>c\n", "<5>d\n", "<4>e\n", "<3>f\n", "<2>g\n"])
    }

    @Test func metadata() {
        let lines = log(.journal) { logger in
            logger[metadataKey: "stream"] = "main"
            logger.info("source lost", metadata: ["reason": "a \"b\" = c", "again": "1.0 s", "empty": ""])
        }
        #expect(lines == [#"<6>source lost again="1.0 s" empty="" reason="a \"b\" = c" stream=main"# + "\n"])
    }

    @Test func noMessageForgesAnother() {
        #expect(log(.journal) { $0.info("a\n<2>b\u{1B}[2J", metadata: ["k": "v\nw"]) } == ["<6>a <2>b [2J k=\"v w\"\n"])
    }

    @Test func plainLines() throws {
        let line = try #require(log(.plain) { $0.warning("slow") }.first)
        #expect(line.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} warning slow\n/) != nil)
        #expect(log(.plain) { $0.debug("x") }.isEmpty)
    }

    @Test func theJournalIsNotAssumed() {
        #expect(StandardErrorLogHandler.Style(environment: [:]) == .plain)
        #expect(StandardErrorLogHandler.Style(environment: ["JOURNAL_STREAM": "1:2"]) == .plain)
    }
}
