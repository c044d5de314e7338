import ArgumentParser
import Glibc
import Motion

/// A file of raw pictures, read by number.
final class RawPictures {
    private let descriptor: Int32
    let size: PictureSize
    let count: Int

    init(_ path: String, _ size: PictureSize) throws {
        descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw ValidationError("\(path): \(String(cString: strerror(errno)))") }
        self.size = size
        count = Int(lseek(descriptor, 0, SEEK_END)) / size.bytes
    }

    func read(_ index: Int) throws -> [UInt8] {
        var picture = [UInt8](repeating: 0, count: size.bytes)
        guard pread(descriptor, &picture, size.bytes, off_t(index * size.bytes)) == size.bytes else {
            throw ValidationError("picture \(index) is missing")
        }
        return picture
    }

    deinit { close(descriptor) }
}

extension [UInt8] {
    func view<Result>(_ size: PictureSize, _ body: (PictureView) throws -> Result) rethrows -> Result {
        try withUnsafeBufferPointer { bytes in
            try body(PictureView(bytes.baseAddress!, width: size.width, height: size.height))
        }
    }
}

/// Writes everything to standard output.
func emit(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        guard written > 0 else { throw ValidationError("output: \(String(cString: strerror(errno)))") }
        rest = rest.dropFirst(written)
    }
}
