/// A file whose content is in memory.
package final class MemoryFile: ModelFile {
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }

    package var byteCount: Int { bytes.count }

    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, offset <= bytes.count, buffer.count <= bytes.count - offset else {
            throw WeightsError(.malformed, "the file ends here, too early", file: name, byte: bytes.count)
        }
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
        }
    }
}
