import Glibc
import SwiftOverlayShims

extension sockaddr_un {
    /// Nil when the path is empty or does not fit, which it must with its closing NUL (108 bytes on Linux).
    init?(path: String) {
        self.init()
        guard !path.isEmpty, path.utf8.count < sockaddr_un.capacity, !path.utf8.contains(0) else { return nil }
        sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: path.utf8) }
    }

    static var capacity: Int { MemoryLayout.size(ofValue: sockaddr_un().sun_path) }

    /// `bind` or `connect` with this address.
    func call(_ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ descriptor: Int32) -> Int32 {
        withUnsafePointer(to: self) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    static func stream() -> Int32 {
        socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }
}
