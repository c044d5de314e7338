import Graph

/// A tensor's bytes in a file.
struct FileConstant: ConstantData {
    let file: any ModelFile
    let bytes: Range<Int>
    let elementType: ElementType
    /// For messages.
    let tensor: String

    /// - Throws: also where a number is infinite or not a number: the picture would come out black, frames later and
    ///   with no hint at the reason.
    func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
        precondition(buffer.count == bytes.count, "the buffer must have the constant's size")
        try file.read(at: bytes.lowerBound, into: buffer)
        if let type = elementType.weightType, let offset = UnsafeRawBufferPointer(buffer).firstNotFinite(type) {
            throw WeightsError(
                .notFinite,
                "this number is infinite or NaN: the file is damaged, or was spoilt when it was trained or converted",
                file: file.name, tensor: tensor, byte: bytes.lowerBound + offset)
        }
    }
}
