import Basics
import Control
import Foundation
import Glibc
import Logging
import Settings
import Synchronization
import TestTools
import Web

/// A daemon without frames: one stream whose pictures are numbers.
final class FakeTarget: ControlTarget, PreviewSource {
    let store = SettingsStore()
    let streamNames = ["main"]
    /// Pictures made, and bytes of each.
    let made = Mutex(0)
    let size: Int

    init(size: Int = 1000) { self.size = size }

    func settings(of stream: String) -> SettingsStore? { stream == "main" ? store : nil }
    func status() -> DaemonStatus { DaemonStatus(state: .running, uptime: .seconds(1), streams: []) }
    func statistics(of stream: String) -> StreamStatistics? { StreamStatistics(stream: stream) }
    func start(_ stream: String) async throws(ControlError) {}
    func stop(_ stream: String) async throws(ControlError) {}
    func play(_ timeline: Timeline, on stream: String) throws(ControlError) {}

    func snapshot(
        of stream: String, _ picture: SnapshotPicture, as format: SnapshotFormat
    ) async throws(ControlError) -> Snapshot {
        // PNG's signature, and room for its header.
        Snapshot(data: [0x89, 0x50, 0x4E, 0x47] + [UInt8](repeating: 1, count: 60), width: 2, height: 1)
    }

    func preview(of stream: String) -> (any PreviewReader)? { Reader(self) }

    /// A new picture every five milliseconds.
    private final class Reader: PreviewReader {
        private let target: FakeTarget
        private let started = MonotonicTime.now
        private var serial: Int64 = 0

        init(_ target: FakeTarget) { self.target = target }

        func next(after: Int64, within patience: Duration) -> Int64? {
            usleep(5000)
            serial = 1 + (MonotonicTime.now - started).inNanoseconds / 5_000_000
            return serial
        }

        func jpeg(_ picture: SnapshotPicture, width: Int) throws -> PreviewJPEG {
            target.made.withLock { $0 += 1 }
            return PreviewJPEG(
                data: [UInt8](repeating: UInt8(truncatingIfNeeded: serial), count: target.size), width: width,
                height: 9, age: .milliseconds(3))
        }
    }
}

/// The page of a fake daemon, as raw sockets see it.
struct Site: Sendable {
    let port: Int
    let token: WebToken
    let target: FakeTarget

    var host: String { "127.0.0.1:\(port)" }
    var cookie: String { "Cookie: restyled-\(port)=\(token.text)" }
    var good: [String] { ["Host: \(host)", cookie] }

    /// Serves it for the length of `body`, which has a thread of its own, because it waits for answers.
    static func serve(
        _ target: FakeTarget = FakeTarget(), limits: WebLimits = WebLimits(), control: ControlLimits = ControlLimits(),
        otherNames: [String] = [], _ body: @escaping @Sendable (Site) throws -> Void
    ) async throws {
        let (addresses, address) = AsyncStream.makeStream(of: String.self)
        let token = WebToken()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let server = WebServer(
                WebServer.Door(host: "127.0.0.1", port: 0, otherNames: otherNames, token: token),
                handler: RequestHandler(target: target, limits: control, version: "1.2.3"), preview: target,
                limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { address.yield($0) }
            group.addTask { try await server.run() }
            for await text in addresses {
                let port = URL(string: text)?.port ?? 0
                try await onThread { try body(Site(port: port, token: token, target: target)) }
                break
            }
            group.cancelAll()
        }
    }

    /// The answer to one request, whole.
    func get(_ path: String, _ headers: [String], method: String = "GET") throws -> String {
        let client = try RawClient(port)
        client.send("\(method) \(path) HTTP/1.1\r\n\((headers + ["", ""]).joined(separator: "\r\n"))")
        return String(decoding: client.rest(), as: UTF8.self)
    }

    func status(_ path: String, _ headers: [String], method: String = "GET") throws -> Int? {
        RawClient.status(try get(path, headers, method: method))
    }

    static let upgrade = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]

    /// A viewer whose handshake has been answered.
    func viewer() throws -> RawClient {
        let client = try RawClient(port)
        client.send(
            "GET /socket HTTP/1.1\r\n"
                + (good + Self.upgrade + ["Origin: http://\(host)", "", ""]).joined(separator: "\r\n"))
        let head = client.head()
        guard RawClient.status(head) == 101 else { throw POSIXError(.ECONNREFUSED) }
        return client
    }
}

/// HTTP and WebSocket, spelled out.
extension RawClient {
    static func status(_ answer: String) -> Int? {
        answer.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) }
    }

    /// A frame of the client, masked with zeros.
    @discardableResult
    func sendFrame(_ opcode: UInt8, _ data: [UInt8], isLast: Bool = true, length: UInt64? = nil) -> Bool {
        var frame: [UInt8] = [opcode | (isLast ? 0x80 : 0), 0x80 | 127]
        frame += withUnsafeBytes(of: (length ?? UInt64(data.count)).bigEndian) { Array($0) }
        return send(frame + [0, 0, 0, 0] + data)
    }

    func ask(_ text: String) -> JSONValue? {
        sendFrame(1, Array(text.utf8))
        while let (opcode, data) = frame() {
            if opcode == 1, let json = try? JSONValue(parsing: data), json["id"] != nil { return json }
        }
        return nil
    }

    /// The next frame of the server; nil at the end.
    func frame() -> (opcode: UInt8, data: [UInt8])? {
        guard let head = take(2) else { return nil }
        var length = Int(head[1] & 0x7F)
        if length >= 126 {
            guard let more = take(length == 126 ? 2 : 8) else { return nil }
            length = more.reduce(0) { $0 << 8 | Int($1) }
        }
        return take(length).map { (head[0] & 0x0F, $0) }
    }

    /// The code of the close frame that the server ends with; nil where it ends without.
    func closeCode() -> Int? {
        while let (opcode, data) = frame() {
            if opcode == 8 { return data.count >= 2 ? Int(data[0]) << 8 | Int(data[1]) : nil }
        }
        return nil
    }

    /// Until the empty line.
    func head() -> String {
        var head = ""
        while !head.hasSuffix("\r\n\r\n"), let next = take(1) { head += String(decoding: next, as: UTF8.self) }
        return head
    }
}
