import Basics
import CWebPage
import NIOCore

/// A file of the page.
struct PageFile: Sendable {
    let type: String
    let body: ByteBuffer
    /// Changes with the content, so that a browser asks again and is sent only what is new.
    let etag: String

    /// By the path they are served at.
    static let all: [String: PageFile] = {
        var files: [String: PageFile] = [:]
        guard var file = web_page_files() else { return files }
        while let path = file.pointee.path, let type = file.pointee.type, let start = file.pointee.bytes {
            let bytes = UnsafeRawBufferPointer(start: start, count: file.pointee.byte_count)
            var checksum = Checksum()
            checksum.update(bytes)
            files[String(cString: path)] = PageFile(
                type: String(cString: type), body: ByteBuffer(bytes: bytes),
                etag: "\"\(String(checksum.value, radix: 16))\"")
            file += 1
        }
        return files
    }()
}
