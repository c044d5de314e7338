import Glibc
import SwiftOverlayShims

/// A Unix socket that clients can connect to from now on, before anybody answers.
///
/// It is either opened here, which takes a lock so that two daemons never share a path, or handed over by systemd.
package final class ControlListener: Sendable {
    package let path: String
    let descriptor: Int32
    /// Held open, and with it locked, as long as the listener is used; −1 for a socket from systemd.
    private let lock: Int32

    private init(path: String, descriptor: Int32, lock: Int32) {
        (self.path, self.descriptor, self.lock) = (path, descriptor, lock)
    }

    /// Where the socket is when nobody says otherwise: `$XDG_RUNTIME_DIR/restyled.sock`, for root `/run/restyled.sock`.
    package static func defaultPath(environment: [String: String]) -> String? {
        if let directory = environment["XDG_RUNTIME_DIR"], directory.hasPrefix("/") {
            return "\(directory)/restyled.sock"
        }
        return geteuid() == 0 ? "/run/restyled.sock" : nil
    }

    /// Opens a socket for this user alone (mode 0600 from its first moment). One that a dead daemon left is replaced.
    package static func open(path: String) throws(ControlError) -> ControlListener {
        guard let address = sockaddr_un(path: path) else {
            throw ControlError(
                .failed,
                "the socket's path must have 1 to \(sockaddr_un.capacity - 1) bytes, not \(path.utf8.count): \(path)")
        }
        let lock = try takeLock(of: path)
        var descriptor: Int32 = -1
        do throws(ControlError) {
            try removeStale(path, address)
            descriptor = sockaddr_un.stream()
            guard descriptor >= 0 else { throw failure("socket", path) }
            // Before the bind, so that the file never has a wider mode.
            guard fchmod(descriptor, 0o600) == 0 else { throw failure("fchmod", path) }
            guard address.call(bind, descriptor) == 0 else { throw failure("bind", path) }
            guard listen(descriptor, 128) == 0 else { throw failure("listen", path) }
        } catch {
            if descriptor >= 0 { close(descriptor) }
            close(lock)
            throw error
        }
        return ControlListener(path: path, descriptor: descriptor, lock: lock)
    }

    /// The socket that systemd listens on for us (`sd_listen_fds`): the first of LISTEN_FDS, when LISTEN_PID means us.
    /// Nil when there is none.
    package static func fromSystemd(environment: [String: String]) throws(ControlError) -> ControlListener? {
        guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == getpid(),
            let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), count > 0
        else { return nil }
        let descriptor: Int32 = 3
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let found = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard found == 0, address.sun_family == sa_family_t(AF_UNIX) else {
            throw ControlError(
                .failed,
                "the socket from systemd is not a Unix socket; use ListenStream= with a path in the .socket unit")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let path = withUnsafeBytes(of: &address.sun_path) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return ControlListener(path: path, descriptor: descriptor, lock: -1)
    }

    /// Takes the socket's file away and lets another daemon have the path. systemd's stays.
    package func remove() {
        guard lock >= 0 else { return }
        unlink(path)
        close(lock)
    }

    /// The lock is a file of its own, because the socket's may be stale; it stays, for removing it would race.
    private static func takeLock(of path: String) throws(ControlError) -> Int32 {
        let file = path + ".lock"
        let lock = Glibc.open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw failure("open", file) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let isTaken = errno == EWOULDBLOCK
            close(lock)
            guard isTaken else { throw failure("flock", file) }
            throw ControlError(
                .failed, "another restyled has \(path); stop it, or give this one another path with --socket")
        }
        return lock
    }

    private static func removeStale(_ path: String, _ address: sockaddr_un) throws(ControlError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw failure("lstat", path)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ControlError(.failed, "\(path) is there and is not a socket; give another path with --socket")
        }
        let probe = sockaddr_un.stream()
        guard probe >= 0 else { throw failure("socket", path) }
        defer { close(probe) }
        if address.call(connect, probe) == 0 {
            throw ControlError(.failed, "another program answers at \(path); give another path with --socket")
        }
        guard errno == ECONNREFUSED else { throw failure("connect", path) }
        guard unlink(path) == 0 else { throw failure("unlink", path) }
    }

    private static func failure(_ call: String, _ path: String) -> ControlError {
        let number = errno
        let code: ControlError.Code = number == EACCES || number == EPERM ? .notPermitted : .failed
        return ControlError(
            code, "the control socket can't be opened: \(call) \(path): \(String(cString: strerror(number)))")
    }
}

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

/// What the kernel vouches for about the process at the other end of a Unix socket (`struct ucred`, SO_PEERCRED).
struct PeerCredentials: Sendable {
    var pid: Int32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0

    static let level = SOL_SOCKET
    static let option = SO_PEERCRED

    /// The owner of the daemon and root may steer it.
    func mayControl(daemonOf owner: UInt32 = geteuid()) -> Bool { uid == owner || uid == 0 }
}
