import Basics
import Control
import NIOCore

/// A picture as it is sent to viewers: for each of its parts 24 bytes, big-endian, and then a JPEG file.
///
/// | bytes | |
/// |--:|---|
/// | 2 | which picture: 0 the source's, 1 the restyled one |
/// | 2, 2 | width and height, pixels |
/// | 2 | 0 |
/// | 8 | serial, the same for both parts |
/// | 4 | age of the frame when the message was made, µs |
/// | 4 | length of the JPEG file |
struct PreviewMessage: Sendable {
    let serial: Int64
    let bytes: ByteBuffer

    init(serial: Int64, _ parts: [(picture: SnapshotPicture, jpeg: PreviewJPEG)]) {
        self.serial = serial
        var bytes = ByteBuffer()
        bytes.reserveCapacity(parts.reduce(0) { $0 + 24 + $1.jpeg.data.count })
        for (picture, jpeg) in parts {
            bytes.writeInteger(UInt16(picture == .source ? 0 : 1))
            bytes.writeInteger(UInt16(clamping: jpeg.width))
            bytes.writeInteger(UInt16(clamping: jpeg.height))
            bytes.writeInteger(UInt16(0))
            bytes.writeInteger(UInt64(serial))
            bytes.writeInteger(UInt32(clamping: jpeg.age.inNanoseconds / 1000))
            bytes.writeInteger(UInt32(clamping: jpeg.data.count))
            bytes.writeBytes(jpeg.data)
        }
        self.bytes = bytes
    }
}
