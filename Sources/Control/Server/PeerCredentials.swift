import Glibc

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
