import NIOCore
import NIOHTTP1

/// An answer, with the headers that all answers have.
struct WebResponse: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ByteBuffer

    /// The page loads nothing from elsewhere, runs no script but its own, and no other page may frame it. No other site
    /// may read anything: there is no CORS header, ever.
    private static let common: HTTPHeaders = [
        "Content-Security-Policy":
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
            + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Connection": "close",
    ]

    init(_ status: HTTPResponseStatus, _ body: ByteBuffer, type: String, caching: String = "no-store") {
        (self.status, self.body, headers) = (status, body, Self.common)
        headers.add(name: "Content-Type", value: type)
        headers.add(name: "Cache-Control", value: caching)
        if status != .noContent { headers.add(name: "Content-Length", value: "\(body.readableBytes)") }
    }

    init(_ status: HTTPResponseStatus, _ bytes: [UInt8], type: String) {
        self.init(status, ByteBuffer(bytes: bytes), type: type)
    }

    /// A sentence.
    init(_ status: HTTPResponseStatus, _ sentence: String, type: String = "text/plain; charset=utf-8") {
        self.init(status, ByteBuffer(string: sentence.isEmpty ? "" : sentence + "\n"), type: type)
    }

    /// A file, or the word that the browser has it already.
    init(_ file: PageFile, known: [String]) {
        let isKnown = known.contains(file.etag)
        self.init(
            isKnown ? .notModified : .ok, isKnown ? ByteBuffer() : file.body, type: file.type, caching: "no-cache")
        headers.add(name: "ETag", value: file.etag)
    }

    var head: HTTPResponseHead { HTTPResponseHead(version: .http1_1, status: status, headers: headers) }
}
