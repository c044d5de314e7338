import Graph

/// A matrix that is stored the other way round: OpenCLIP keeps its projection as [inputs, outputs].
struct TransposedConstant: ConstantData {
    let base: any ConstantData
    /// Of the stored matrix.
    let rows, columns: Int
    let elementByteCount: Int

    func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
        let stored = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count, alignment: 64)
        defer { stored.deallocate() }
        try base.copy(into: stored)
        for row in 0..<rows {
            for column in 0..<columns {
                let source = (row * columns + column) * elementByteCount
                let target = (column * rows + row) * elementByteCount
                for byte in 0..<elementByteCount { buffer[target + byte] = stored[source + byte] }
            }
        }
    }
}
