import CFFmpeg
import Glibc

/// A file that comes into being with its first durable picture: what is written before that is kept here, and an old
/// file of the name stays whole until then.
struct StagedFile {
    let path: String
    /// Whether the file may take the place of another.
    let overwriting: Bool
    private var bytes: [UInt8] = []
    private var position = 0

    init(path: String, overwriting: Bool) { (self.path, self.overwriting) = (path, overwriting) }

    /// For a path that names no FIFO or device: refuses what can be known to fail.
    static func checked(path: String, overwriting: Bool) throws(MediaError) -> StagedFile {
        if FileIdentity(path: path) != nil {
            guard overwriting else { throw exists(path) }
            guard access(path, W_OK) == 0 else { throw failure("access", AVError.posix(errno), at: path) }
        }
        try DescriptorIO.checkCreation(of: path)
        return StagedFile(path: path, overwriting: overwriting)
    }

    mutating func write(_ more: UnsafeRawBufferPointer) {
        let end = position + more.count
        if bytes.count < end { bytes.append(contentsOf: repeatElement(0, count: end - bytes.count)) }
        bytes.withUnsafeMutableBytes { $0[position..<end].copyBytes(from: more) }
        position = end
    }

    /// lseek(2), and FFmpeg's question after the size.
    mutating func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
        if whence & AVSEEK_SIZE != 0 { return Int64(bytes.count) }
        let base: Int =
            switch whence & ~AVSEEK_FORCE {
            case SEEK_CUR: position
            case SEEK_END: bytes.count
            default: 0
            }
        guard let target = Int(exactly: offset), base + target >= 0 else { return Int64(AVError.posix(EINVAL)) }
        position = base + target
        return Int64(position)
    }

    /// Makes the file under a name beside it and puts it in its place, so that no moment shows it empty or torn.
    /// - Returns: its descriptor, standing where writing goes on.
    func make() throws(MediaError) -> Int32 {
        // A link stays a link.
        let target = realpath(path, nil).map { found in
            defer { free(found) }
            return String(cString: found)
        }
        let place = target ?? path
        let temporary = place + ".\(getpid()).beginning"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw DescriptorIO.cannotCreate("open", errno, at: path) }
        do throws(MediaError) {
            try fill(descriptor)
            try put(temporary, at: place)
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        return descriptor
    }

    private func fill(_ descriptor: Int32) throws(MediaError) {
        var done = 0
        while done < bytes.count {
            let put = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
            if put < 0, errno != EINTR { throw failure("write", AVError.posix(errno), at: path) }
            done += max(put, 0)
        }
        guard lseek(descriptor, off_t(position), SEEK_SET) >= 0 else {
            throw failure("lseek", AVError.posix(errno), at: path)
        }
    }

    private func put(_ temporary: String, at place: String) throws(MediaError) {
        if overwriting {
            guard rename(temporary, place) == 0 else { throw failure("rename", AVError.posix(errno), at: path) }
            return
        }
        // A second name is refused where somebody else was faster; file systems without second names are asked.
        if link(temporary, place) == 0 {
            unlink(temporary)
            return
        }
        guard errno != EEXIST, FileIdentity(path: place) == nil else { throw Self.exists(path) }
        guard rename(temporary, place) == 0 else { throw failure("rename", AVError.posix(errno), at: path) }
    }

    private static func exists(_ path: String) -> MediaError {
        MediaError(.exists, "exists already; give -y to overwrite it, or another name", at: path)
    }
}
