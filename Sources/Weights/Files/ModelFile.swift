/// One file of a model, open for reading at any offset.
package protocol ModelFile: Sendable {
    /// For messages.
    var name: String { get }
    var byteCount: Int { get }
    /// Fills `buffer` from `offset` on.
    /// - Throws: `WeightsError` where the file ends before, fails, or changed since it was opened.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws
}

extension ModelFile {
    package func read(_ range: Range<Int>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            try read(
                at: range.lowerBound,
                into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<range.count]))
            count = range.count
        }
    }
}
