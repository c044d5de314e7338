package import Graph

/// Plain memory as a buffer.
package final class HostBuffer: Buffer {
    package let type: TensorType
    /// Set by the owner of the buffer; the contract allows one thread at a time, so nothing guards it.
    nonisolated(unsafe) var tensor: HostTensor

    package init(_ type: TensorType) {
        self.type = type
        tensor = HostTensor(zeros: type)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        tensor = try HostTensor(bytes: bytes, type: type)
    }

    package func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        try tensor.copyBytes(into: bytes, as: type.dataType)
    }
}
