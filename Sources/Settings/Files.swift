import Glibc

/// The few calls on files whose order matters here.
enum Files {
    /// A system call that failed.
    struct Failure: Error, CustomStringConvertible {
        let call: String
        let number: Int32
        var description: String { "\(call): \(String(cString: strerror(number)))" }
    }

    static func read(_ path: String, limit: Int) -> Result<[UInt8], Failure> {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return .failure(Failure(call: "open", number: errno)) }
        defer { close(file) }
        var (bytes, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(Failure(call: "read", number: errno))
            }
            if count == 0 { return .success(bytes) }
            bytes += chunk[..<count]
            if bytes.count > limit { return .failure(Failure(call: "read", number: EFBIG)) }
        }
    }

    static func replace(_ path: String, with bytes: [UInt8]) -> Result<Void, Failure> {
        let temporary = "\(path).\(getpid()).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return .failure(Failure(call: "open", number: errno)) }
        func failed(_ call: String) -> Result<Void, Failure> {
            let failure = Failure(call: call, number: errno)
            close(file)
            unlink(temporary)
            return .failure(failure)
        }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return failed("write") }
            written += count
        }
        guard fsync(file) == 0 else { return failed("fsync") }
        guard rename(temporary, path) == 0 else { return failed("rename") }
        close(file)
        // The rename itself must reach the disk too.
        let directory = open(directoryName(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
        return .success(())
    }

    private static func directoryName(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
