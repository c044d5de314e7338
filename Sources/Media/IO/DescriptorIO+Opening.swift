import Basics
import CFFmpeg
import Glibc

extension DescriptorIO {
    /// Opens a file or FIFO for reading. A FIFO without a writer is waited for at the first read, not here.
    convenience init(reading path: String, _ policy: InputPolicy, interruption: Interruption) throws(MediaError) {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", AVError.posix(errno), at: path) }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            close(descriptor)
            throw MediaError(.notFound, "is a folder; name a video file in it", at: path)
        }
        do throws(MediaError) {
            try self.init(
                descriptor: descriptor, closing: true, writing: false, timeout: policy.timeout,
                packetTimeout: policy.packetTimeout, interruption: interruption)
        } catch {
            throw MediaError(error.code, error.message, cause: error.cause, at: path)
        }
    }

    /// Opens what is there for writing: a device, a file to be emptied, or a FIFO once it has a reader. A file that is
    /// not there is made.
    convenience init(writing path: String, timeout: Duration?, interruption: Interruption) throws(MediaError) {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_TRUNC
        let due = timeout.map { MonotonicTime.now + $0 }
        var descriptor = open(path, flags, 0o644)
        // A FIFO that nobody reads yet answers ENXIO; the open that would wait could not be interrupted.
        while descriptor < 0, errno == ENXIO || errno == EINTR, due.map({ .now < $0 }) ?? true {
            if interruption.shouldStop { throw MediaError(.cancelled, "stopped", at: path) }
            usleep(20_000)
            descriptor = open(path, flags, 0o644)
        }
        guard descriptor >= 0 else {
            throw Self.cannotCreate("open", errno, at: path)
        }
        try self.init(
            descriptor: descriptor, closing: true, writing: true, timeout: timeout, interruption: interruption)
    }

    /// Why a file cannot be made, as early as it can be known: nothing is made.
    static func checkCreation(of path: String) throws(MediaError) {
        guard FileIdentity(path: path) == nil else { return }
        guard access(folder(of: path), W_OK | X_OK) == 0 else { throw cannotCreate("access", errno, at: path) }
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func cannotCreate(_ call: StaticString, _ reason: Int32, at path: String) -> MediaError {
        let kind: MediaError.Code? =
            switch reason {
            case ENOENT, ENOTDIR, EROFS, ENXIO, EISDIR: .cannotCreate
            default: nil
            }
        let words =
            switch reason {
            case ENOENT, ENOTDIR: "its folder is not there; make it first"
            case EROFS: "the file system is read-only; choose another folder"
            case ENXIO: "nobody reads this FIFO; start its reader first"
            default: nil as String?
            }
        return failure(call, AVError.posix(reason), at: path, as: kind, words)
    }
}
