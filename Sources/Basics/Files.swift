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
        // The rename itself must reach the disk too.
        if let folder = try? FileDescriptor.open(
            FilePath(path).removingLastComponent().orCurrentFolder, .readOnly, options: [.directory, .closeOnExec])
        {
            fsync(folder.rawValue)
            try? folder.close()
        }
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
