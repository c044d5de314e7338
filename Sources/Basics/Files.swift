import Glibc
package import SystemPackage

/// Small files, read and replaced whole.
package enum Files {
    /// A system call that failed.
    package struct Failure: Error, CustomStringConvertible {
        package let call: String
        package let errno: Errno
        package var description: String { "\(call): \(errno)" }
    }

    /// - Parameter limit: in bytes; a longer file fails with `fileTooLarge`.
    package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        // Non-blocking, so that a FIFO under this name does not hold up the reader.
        let file = try attempt("open") {
            try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
        }
        defer { try? file.close() }
        var (bytes, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while true {
            let count = try attempt("read") { try chunk.withUnsafeMutableBytes { try file.read(into: $0) } }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit { throw Failure(call: "read", errno: .fileTooLarge) }
        }
    }

    /// Puts a new file in the place of the old one, so that after a crash either is there whole.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(Failure) {
        let temporary = "\(path).\(getpid()).new"
        let file = try attempt("open") {
            try FileDescriptor.open(
                FilePath(temporary), .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow],
                permissions: .ownerReadWrite)
        }
        do {
            defer { try? file.close() }
            try attempt("write") { try file.writeAll(bytes) }
            try attempt("fsync") { try check(fsync(file.rawValue)) }
            try attempt("rename") { try check(rename(temporary, path)) }
        } catch {
            unlink(temporary)
            throw error
        }
        synchronizeFolder(of: path)
    }

    /// Returns once a file's bytes are on the disk.
    package static func synchronize(_ path: String) throws(Failure) {
        let file = try attempt("open") {
            try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
        }
        defer { try? file.close() }
        try attempt("fsync") { try check(fsync(file.rawValue)) }
    }

    /// After a rename, for that must reach the disk too.
    package static func synchronizeFolder(of path: String) {
        if let folder = try? FileDescriptor.open(
            FilePath(path).removingLastComponent().orCurrentFolder, .readOnly, options: [.directory, .closeOnExec])
        {
            fsync(folder.rawValue)
            try? folder.close()
        }
    }

    /// The checksum of a part of a file, or of all of it, as a name for its content.
    package static func identity(_ path: String, _ range: Range<Int64>? = nil) throws(Failure) -> String {
        let file = try attempt("open") {
            try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
        }
        defer { try? file.close() }
        var (checksum, chunk) = (Checksum(), [UInt8](repeating: 0, count: 1 << 20))
        var place = range?.lowerBound ?? 0
        let end = range?.upperBound ?? .max
        while place < end {
            let count = try attempt("read") {
                try chunk.withUnsafeMutableBytes { buffer in
                    let wanted = UnsafeMutableRawBufferPointer(
                        rebasing: buffer[..<Int(min(Int64(buffer.count), end - place))])
                    return try file.read(fromAbsoluteOffset: place, into: wanted)
                }
            }
            if count == 0 { break }
            chunk.withUnsafeBytes { checksum.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            place += Int64(count)
        }
        return checksum.identity
    }

    private static func check(_ result: Int32) throws {
        if result != 0 { throw Errno(rawValue: Glibc.errno) }
    }

    @discardableResult
    private static func attempt<Value>(_ call: String, _ body: () throws -> Value) throws(Failure) -> Value {
        do { return try body() } catch {
            throw Failure(call: call, errno: error as? Errno ?? .ioError)
        }
    }
}

extension FilePath {
    fileprivate var orCurrentFolder: FilePath { isEmpty ? "." : self }
}
