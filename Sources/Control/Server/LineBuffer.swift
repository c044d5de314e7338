internal import NIOCore

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
        if buffer.readableBytes == 0 { buffer.clear(minimumCapacity: 0) }
        buffer.writeBuffer(&bytes)
    }

    mutating func next() -> Next {
        let view = buffer.readableBytesView
        guard let end = view[view.index(view.startIndex, offsetBy: searched)...].firstIndex(of: UInt8(ascii: "\n"))
        else {
            searched = view.count
            return view.count > limit ? .tooLong : .incomplete
        }
        let line = view[..<end]
        searched = 0
        buffer.moveReaderIndex(forwardBy: line.count + 1)
        if line.count > limit { return .tooLong }
        return .line(line)
    }
}
