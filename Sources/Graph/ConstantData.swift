/// The bytes of a weight, read when an engine asks for them and not before.
///
/// Lazy, so that a model larger than memory's half can be compiled part by part: building a graph costs
/// kilobytes, and each part's weights live only while an engine compiles it.
package protocol ConstantData: Sendable {
    /// Fills `buffer`, which has exactly the byte count of the constant's type.
    /// - Throws: where the bytes cannot be read any more (file cut short since it was opened, say).
    func copy(into buffer: UnsafeMutableRawBufferPointer) throws
}

/// A constant made by the program itself: position tables, the numbers 127.5 and 1.
package struct InlineConstant: ConstantData {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
    package init(_ values: [Float]) { bytes = values.withUnsafeBytes { Array($0) } }
    package init(_ values: [Int64]) { bytes = values.withUnsafeBytes { Array($0) } }

    package func copy(into buffer: UnsafeMutableRawBufferPointer) { buffer.copyBytes(from: bytes) }
}
