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

/// A rate that may be exceeded for a moment: each request takes a token, tokens come back steadily.
package struct TokenBucket: Sendable {
    private let perSecond: Double
    private let capacity: Double
    private var tokens: Double
    private var filled: Int64

    /// - Parameter now: nanoseconds on a monotonic clock.
    package init(perSecond: Double, capacity: Double, now: Int64) {
        (self.perSecond, self.capacity, tokens, filled) = (perSecond, capacity, capacity, now)
    }

    /// Nil when there is a token, else the nanoseconds until there is.
    package mutating func delay(at now: Int64) -> Int64? {
        tokens = min(capacity, tokens + Double(max(0, now - filled)) * 1e-9 * perSecond)
        filled = max(filled, now)
        return tokens >= 1 ? nil : Int64(((1 - tokens) / perSecond * 1e9).rounded(.up))
    }

    package mutating func take() { tokens -= 1 }
}
