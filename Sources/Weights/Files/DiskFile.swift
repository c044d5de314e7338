import Glibc

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
            throw WeightsError(.malformed, "this is no regular file; name the model's folder or file", file: path)
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
