import Control
import Daemon
import Foundation
import Glibc
import Logging
import Synchronization
import Testing

@Suite struct MetricsTests {
    private static func sample(isHealthy: Bool = true) -> DaemonMetrics {
        var stream = StreamStatistics(stream: "a \"quoted\" \\ name\nof two lines")
        (stream.decoded, stream.restyled, stream.inFlight) = (1_234_567_890_123, 7, 1)
        stream.dropped = ["late": 3, "superseded": 0]
        stream.latency = .init(p50: .milliseconds(41), p95: .microseconds(97_500), count: 12, sum: .milliseconds(600))
        stream.outputs = [
            .init(
                name: "out.mp4", isUp: true, message: "", offered: 10, written: 5, repeated: 4,
                dropped: ["output_down": 1],
                queued: 0, connections: 1)
        ]
        let status = DaemonStatus(
            state: .running, uptime: .seconds(12.5),
            streams: [
                .init(
                    name: stream.stream, condition: .running, isHealthy: isHealthy, framesPerSecond: 2,
                    settingsVersion: 3)
            ])
        return DaemonMetrics(status: status, streams: [stream], version: "1.2.3")
    }

    @Test func namesAndTypes() {
        let families = MetricsTests.sample().families
        #expect(Set(families.map(\.name)).count == families.count)
        for family in families {
            #expect(family.name.hasPrefix("restyled_"))
            #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
            #expect(!family.help.isEmpty)
        }
        let text = MetricsTests.sample().text
        #expect(
            text.contains(#"restyled_frames_dropped_total{stream="a \"quoted\" \\ name\nof two lines",cause="late"} 3"#)
        )
        #expect(
            text.contains(
                #"restyled_latency_seconds{stream="a \"quoted\" \\ name\nof two lines",quantile="0.95"} 0.0975"#))
        #expect(text.contains("} 1234567890123\n"))
        #expect(text.contains("restyled_uptime_seconds 12.5\n"))
    }

    @Test(.enabled(if: Tool.path("promtool") != nil, "promtool is missing: apt-get install prometheus"))
    func prometheusTakesThem() throws {
        let promtool = try #require(Tool.path("promtool"))
        let check = try Tool(promtool, ["check", "metrics"], input: MetricsTests.sample().text)
        #expect(check.status == 0 && check.output.isEmpty, "\(check.output)")
        // The check can fail.
        #expect(try Tool(promtool, ["check", "metrics"], input: "restyled_x{ 1\n").status != 0)
    }

    private func withServer(isHealthy: Bool, _ body: @escaping @Sendable (Int) throws -> Void) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let server = MetricsServer(
                port: 0, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, bound: { port.yield($0) }
            ) { MetricsTests.sample(isHealthy: isHealthy) }
            group.addTask { try await server.run() }
            for await port in ports {
                try await onThread { try body(port) }
                break
            }
            group.cancelAll()
        }
    }

    /// One exchange as a client that knows only sockets sees it.
    private static func get(_ request: String, port: Int) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let bytes = Array("\(request) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count <= 0 { return String(decoding: answer, as: UTF8.self) }
            answer += chunk[..<count]
        }
    }

    @Test func overHTTP() async throws {
        try await withServer(isHealthy: true) { port in
            let metrics = try MetricsTests.get("GET /metrics", port: port)
            #expect(metrics.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(metrics.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            #expect(metrics.hasSuffix("\r\n\r\n" + MetricsTests.sample().text))
            #expect(try MetricsTests.get("GET /healthz", port: port).hasPrefix("HTTP/1.1 200 OK"))
            #expect(try MetricsTests.get("HEAD /metrics", port: port).hasSuffix("\r\n\r\n"))
            #expect(try MetricsTests.get("GET /etc/passwd", port: port).hasPrefix("HTTP/1.1 404"))
            #expect(try MetricsTests.get("POST /metrics", port: port).hasPrefix("HTTP/1.1 405"))
        }
        try await withServer(isHealthy: false) { port in
            let health = try MetricsTests.get("GET /healthz", port: port)
            #expect(health.hasPrefix("HTTP/1.1 503"))
        }
    }

    @Test func aTakenPortIsASentence() async throws {
        let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(taken) }
        try #require(listen(taken, 1) == 0)
        var (address, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        let named = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(taken, $0, &length) }
        }
        try #require(named == 0)
        let port = Int(UInt16(bigEndian: address.sin_port))
        let server = MetricsServer(port: port, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            MetricsTests.sample()
        }
        let error = await #expect(throws: MetricsError.self) { try await server.run() }
        #expect(error?.description.contains("metrics can't be served at 127.0.0.1:\(port)") == true)
    }
}
