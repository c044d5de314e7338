import NIOCore

/// Cuts what arrives into lines.
struct LineBuffer {
    enum Next {
        case line(ByteBufferView)
        /// Nothing whole has arrived.
        case incomplete
        case tooLong
    }

    let limit: Int
    private var buffer = ByteBuffer()
    /// Bytes from the reader index on in which there is no line end, so that none is looked at twice.
    private var searched = 0

    init(limit: Int) { self.limit = limit }

    mutating func append(_ bytes: ByteBuffer) {
        var bytes = bytes
        // A client that never pauses must not make the buffer grow by what was read long ago.
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
    }

    mutating func next() -> Next {
        let found = buffer.withUnsafeReadableBytes { $0[searched...].firstIndex(of: UInt8(ascii: "\n")) }
        guard let length = found else {
            searched = buffer.readableBytes
            return searched > limit ? .tooLong : .incomplete
        }
        searched = 0
        guard length <= limit, let line = buffer.readSlice(length: length) else { return .tooLong }
        buffer.moveReaderIndex(forwardBy: 1)
        return .line(line.readableBytesView)
    }
}
