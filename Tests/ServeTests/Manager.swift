import Foundation
import Glibc

/// Plays systemd's part: reads what it is told.
final class Manager {
    let name: String
    private let descriptor: Int32

    init() throws {
        let name = "@restyled-serve-\(UUID().uuidString.prefix(13))"
        self.name = name
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: name.utf8)
            path[0] = 0
        }
        let length = socklen_t(2 + name.utf8.count)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        if bound != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { close(descriptor) }

    /// All that has come by now, a line each.
    var received: String {
        var (text, bytes) = ("", [UInt8](repeating: 0, count: 4096))
        while true {
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count < 0 { return text }
            text += String(decoding: bytes[..<count], as: UTF8.self) + "\n"
        }
    }
}
