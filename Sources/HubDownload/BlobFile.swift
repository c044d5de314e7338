import Foundation
import Glibc
import Synchronization

/// A file of the cache while it is downloaded: `blobs/ETAG.incomplete`, which becomes `blobs/ETAG` once it is whole.
struct BlobFile: ~Copyable {
    /// What is there already, of this or an earlier run.
    private(set) var byteCount: Int
    private let file: HubFile
    private let path: String
    private let finalPath: String
    private let descriptor: Int32

    /// - Throws: where the cache may not be written to, and where another process is at the same file.
    init(_ file: HubFile, in folder: String) throws {
        self.file = file
        finalPath = "\(folder)/\(file.etag)"
        path = finalPath + ".incomplete"
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        byteCount = 0
        guard descriptor >= 0 else { throw Self.error(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw HubError(.busy, "another process is downloading \(file.path); wait for it, or stop it")
        }
        let length = lseek(descriptor, 0, SEEK_END)
        guard length >= 0 else { throw Self.error(path) }
        if length > file.byteCount { try truncate() } else { byteCount = Int(length) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Puts bytes to their place, and forgets what lay behind them.
    mutating func write(_ data: Data, at offset: Int) throws {
        if offset < byteCount { try truncate(to: offset) }
        guard offset == byteCount, offset + data.count <= file.byteCount else {
            throw HubError(.malformed, "more came of \(file.path) than the hub said it has; run the command again")
        }
        try data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                guard let start = bytes.baseAddress else { return }
                let count = pwrite(descriptor, start + done, bytes.count - done, offset + done)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw Self.error(path) }
                done += count
            }
        }
        byteCount += data.count
    }

    /// Looks through what is on the disk, and gives it its name.
    /// - Throws: where it is not what the hub promised; it is removed then, so that the next run begins again.
    consuming func finish() throws {
        guard byteCount == file.byteCount else {
            throw HubError(
                .unreachable,
                "\(file.path) ended at byte \(byteCount) of \(file.byteCount); run the command again, which continues from there"
            )
        }
        if let expected = file.sha256, try checksum() != expected {
            unlink(path)
            throw HubError(
                .malformed,
                "\(file.path) came damaged: its SHA-256 is not \(expected); run the command again, which downloads it once more"
            )
        }
        guard rename(path, finalPath) == 0 else { throw Self.error(path) }
    }

    private mutating func truncate(to length: Int = 0) throws {
        guard ftruncate(descriptor, length) == 0 else { throw Self.error(path) }
        byteCount = length
    }

    private func checksum() throws -> String {
        var checksum = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var offset = 0
        while offset < byteCount {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, offset)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.error(path) }
            checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += count
        }
        return checksum.finish()
    }

    static func error(_ path: String) -> HubError {
        switch errno {
        case ENOSPC, EDQUOT, EFBIG:
            HubError(
                .cannotWrite,
                "\(path): the disk is full; make room, or set HF_HOME to a larger one, and run the command again, which "
                    + "goes on where it stopped")
        case EACCES, EPERM, EROFS:
            HubError(
                .cannotWrite, "\(path): this user may not write there; see `chmod`, or set HF_HOME to a folder of yours"
            )
        case let number:
            HubError(.cannotWrite, "\(path): writing failed: \(String(cString: strerror(number)))")
        }
    }
}

/// A `BlobFile` that the thread of the network writes to.
final class SharedBlob: Sendable {
    private let file: Mutex<BlobFile?>

    init(_ file: consuming BlobFile) { self.file = Mutex(file) }

    var byteCount: Int { file.withLock { $0?.byteCount ?? 0 } }

    func write(_ data: Data, at offset: Int) throws { try file.withLock { try $0?.write(data, at: offset) } }

    func finish() throws {
        try file.withLock { file in
            guard let whole = file.take() else { return }
            try whole.finish()
        }
    }
}
