package import Graph

/// An open safetensors file.
package struct SafetensorsFile: Sendable {
    package let file: any ModelFile
    package let header: SafetensorsHeader

    package init(_ file: any ModelFile) throws {
        self.file = file
        header = try SafetensorsHeader(reading: file)
    }

    /// The tensors in the order of their bytes.
    package var tensors: [WeightTensor] {
        header.entries.map { entry in
            let location = WeightsError.Location(file: file.name, tensor: entry.name, byte: entry.bytes.lowerBound)
            return WeightTensor(
                name: entry.name, elementType: entry.elementType, shape: entry.shape,
                data: FileConstant(
                    file: file, bytes: entry.bytes, elementType: entry.elementType, tensor: entry.name),
                location: location)
        }
    }
}

/// The table of contents at the start of a safetensors file, checked in full before anything relies on it.
///
/// Layout: the header's length as 8 bytes little-endian, that many bytes of JSON, then the tensors' bytes without gaps
/// to the end of the file. https://github.com/huggingface/safetensors#format
package struct SafetensorsHeader: Sendable {
    package struct Entry: Sendable {
        package let name: String
        package let elementType: ElementType
        package let shape: Shape
        /// From the start of the file.
        package let bytes: Range<Int>
        /// Where the header speaks of the tensor, from the start of the file.
        package let headerByte: Int
    }

    /// In the order of their bytes.
    package let entries: [Entry]
    package let metadata: [String: String]

    /// The format's own bound on the header.
    static let maximumByteCount = 100_000_000
    /// Weights have four axes at most; a bound keeps a header of nothing but ones from taking memory.
    static let maximumRank = 8

    package init(reading file: any ModelFile) throws {
        guard file.byteCount >= 8 else {
            let start = try file.read(0..<file.byteCount)
            let signature = FileSignature(start)
            throw WeightsError(
                signature?.code ?? .malformed,
                signature?.reason ?? "the file ends within the header's length; download it again",
                file: file.name, byte: file.byteCount)
        }
        let length = try file.read(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(file.byteCount - 8), length <= UInt64(Self.maximumByteCount) else {
            if let signature = FileSignature(try file.read(0..<min(file.byteCount, 64))) {
                throw WeightsError(signature.code, signature.reason, file: file.name, byte: 0)
            }
            let bound =
                length > UInt64(Self.maximumByteCount)
                ? "at most \(Self.maximumByteCount) are allowed" : "\(file.byteCount - 8) are left in the file"
            throw WeightsError(
                .malformed,
                "the header claims to take \(length) bytes, where \(bound); this is not a safetensors file, or the "
                    + "download is not complete",
                file: file.name, byte: 0)
        }
        let text = try file.read(0..<8 + Int(length))
        var reader = SafetensorsHeaderReader(text, file: file.name, fileByteCount: file.byteCount)
        (entries, metadata) = try reader.read()
    }
}
