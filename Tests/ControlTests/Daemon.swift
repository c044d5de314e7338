import Basics
import Control
import Foundation
import Glibc
import Logging
import Settings

/// Runs a control server on a socket of its own for the length of `body`, which has a thread of its own, because it
/// waits for answers.
func withServer(
    _ target: FakeTarget = FakeTarget(), limits: ControlLimits = ControlLimits(),
    _ body: @escaping @Sendable (String) throws -> Void
) async throws {
    let path = socketPath()
    defer { unlink(path + ".lock") }
    let listener = try ControlListener.open(path: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
        let server = ControlServer(
            listener, target: target, version: "1.2.3", limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        group.addTask { try await server.run() }
        try await onThread { try body(path) }
        group.cancelAll()
    }
}

func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}

func socketPath() -> String { "/tmp/restyled-\(UUID().uuidString.prefix(13)).sock" }

/// A connection that sends what it likes. Its calls wait at most ten seconds.
final class RawClient {
    let descriptor: Int32
    private var received: [UInt8] = []

    init(_ path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if connected != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { close(descriptor) }

    /// Whether all of it could be sent.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool { RawClient.send(bytes, to: descriptor) }

    static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// The next line; nil at the end, or after ten seconds.
    func line() -> String? {
        while true {
            if let end = received.firstIndex(of: 10) {
                defer { received.removeSubrange(...end) }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count <= 0 { return nil }
            received += chunk[..<count]
        }
    }

    func ask(_ text: String) -> JSONValue? {
        send(text + "\n")
        return line().flatMap { try? JSONValue(parsing: $0) }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }
}

/// Every count in full when RESTYLED_TEST_ALL is set, else a sample.
let isFull = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"
