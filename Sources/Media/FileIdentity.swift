import Glibc

/// What a path leads to, whatever it is called: two hard links are one file.
struct FileIdentity: Hashable {
    let device: UInt
    let inode: UInt
    let isRegular: Bool

    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }
}
