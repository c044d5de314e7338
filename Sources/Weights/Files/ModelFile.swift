import Glibc

/// One file of a model, open for reading at any offset.
package protocol ModelFile: Sendable {
    /// For messages.
    var name: String { get }
    var byteCount: Int { get }
    /// Fills `buffer` from `offset` on.
    /// - Throws: `WeightsError` where the file ends before, fails, or changed since it was opened.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws
}

extension ModelFile {
    package func read(_ range: Range<Int>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            try read(
                at: range.lowerBound,
                into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<range.count]))
            count = range.count
        }
    }
}

/// A file whose content is in memory.
package final class MemoryFile: ModelFile {
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }

    package var byteCount: Int { bytes.count }

    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, offset <= bytes.count, buffer.count <= bytes.count - offset else {
            throw WeightsError(.malformed, "the file ends here, too early", file: name, byte: bytes.count)
        }
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
        }
    }
}

/// A regular file, read with `pread` into the caller's memory.
///
/// Never mapped: a mapped file that is cut short while it is in use kills the process.
package final class DiskFile: ModelFile {
    package let name: String
    private let descriptor: Int32
    private let state: FileState

    /// - Parameter path: follows symbolic links, which is how the Hugging Face cache is laid out.
    package init(_ path: String) throws {
        // Non-blocking, so that a FIFO or device under this name is refused and not waited for.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.error(errno, path) }
        guard let state = FileState(descriptor) else {
            let error = Self.error(errno, path)
            close(descriptor)
            throw error
        }
        guard state.isRegular else {
            close(descriptor)
            throw WeightsError(.malformed, "this is not a regular file; name the model's folder or file", file: path)
        }
        (name, self.descriptor, self.state) = (path, descriptor, state)
    }

    deinit { close(descriptor) }

    package var byteCount: Int { state.byteCount }

    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard let now = FileState(descriptor), now == state else {
            throw WeightsError(
                .unreadable, "the file was changed while it was in use; start again once it is complete", file: name)
        }
        var done = 0
        while done < buffer.count {
            guard let address = buffer.baseAddress else { return }
            let count = pread(descriptor, address + done, buffer.count - done, offset + done)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Self.error(errno, name, byte: offset + done) }
            guard count > 0 else {
                throw WeightsError(
                    .malformed, "the file ends here, too early; download it again", file: name, byte: offset + done)
            }
            done += count
        }
    }

    private static func error(_ number: Int32, _ path: String, byte: Int? = nil) -> WeightsError {
        switch number {
        case ENOENT, ENOTDIR:
            WeightsError(.notFound, "there is no such file; is the model's download complete?", file: path, byte: byte)
        case EACCES, EPERM:
            WeightsError(.permission, "this user may not read it; see `chmod` and `chown`", file: path, byte: byte)
        case EISDIR:
            WeightsError(.malformed, "this is a folder where a file is expected", file: path, byte: byte)
        default:
            WeightsError(.unreadable, "reading failed: \(String(cString: strerror(number)))", file: path, byte: byte)
        }
    }
}

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
