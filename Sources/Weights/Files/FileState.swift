import Glibc

/// What the file system tells about a file that changes whenever its content does.
struct FileState: Sendable, Hashable {
    let device: UInt
    let inode: UInt
    let byteCount: Int
    let modified: Int
    /// Changes with the content even where the time of modification was set back.
    let changed: Int
    let isRegular: Bool

    init?(_ descriptor: Int32) {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { return nil }
        device = UInt(information.st_dev)
        inode = UInt(information.st_ino)
        byteCount = Int(information.st_size)
        modified = Self.nanoseconds(information.st_mtim)
        changed = Self.nanoseconds(information.st_ctim)
        isRegular = information.st_mode & S_IFMT == S_IFREG
    }

    private static func nanoseconds(_ time: timespec) -> Int { time.tv_sec &* 1_000_000_000 &+ time.tv_nsec }
}
