import Foundation
import Glibc

/// A connection that sends what it likes. Its calls wait at most ten seconds.
package final class RawClient {
    package let descriptor: Int32
    private var received: [UInt8] = []
    private var hasEnded = false

    /// - Parameter path: of a Unix socket.
    package init(_ path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try connect(to: &address)
    }

    /// - Parameter port: of this machine.
    package init(_ port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try connect(to: &address)
    }

    deinit { close(descriptor) }

    private func connect<Address>(to address: inout Address) throws {
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        if connected != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    /// Whether all of it could be sent.
    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool { RawClient.send(bytes, to: descriptor) }

    package static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
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

    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next line; nil at the end, or after ten seconds.
    package func line() -> String? {
        while true {
            if let end = received.firstIndex(of: 10) {
                defer { received.removeSubrange(...end) }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            guard read() else { return nil }
        }
    }

    /// So many bytes; nil where they do not come.
    package func take(_ count: Int) -> [UInt8]? {
        while received.count < count { guard read() else { return nil } }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    /// All up to the end.
    package func rest() -> [UInt8] {
        while read() {}
        defer { received = [] }
        return received
    }

    /// Whether the server has ended the connection within ten seconds.
    package func ends() -> Bool {
        while read() {}
        return hasEnded
    }

    private func read() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count == 0 || (count < 0 && errno == ECONNRESET) { hasEnded = true }
        guard count > 0 else { return false }
        received += chunk[..<count]
        return true
    }
}
