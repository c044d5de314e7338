import Basics
import Graph

/// Reads a safetensors header's JSON and checks that its tensors tile the file's data exactly.
struct SafetensorsHeaderReader {
    private let text: [UInt8]
    private let file: String
    private let fileByteCount: Int
    private var entries: [SafetensorsHeader.Entry] = []
    private var metadata: [String: String] = [:]

    /// - Parameter text: the file from its first byte to the header's end.
    init(_ text: [UInt8], file: String, fileByteCount: Int) {
        (self.text, self.file, self.fileByteCount) = (text, file, fileByteCount)
    }

    mutating func read() throws -> ([SafetensorsHeader.Entry], [String: String]) {
        var scanner = JSONScanner(text, in: 8..<text.count)
        do {
            // The format wants '{' first, so that white space cannot hide what kind of file this is.
            guard text.count > 8, text[8] == UInt8(ascii: "{") else { throw scanner.unexpected("'{'") }
            try scanner.members { scanner, name, start in
                if name == "__metadata__" {
                    try scanner.members { scanner, key, _ in metadata[key] = try scanner.string() }
                } else {
                    entries.append(try entry(name, at: start, &scanner))
                }
            }
            try scanner.finish()
        } catch let error as JSONError {
            throw WeightsError(
                .malformed, "the header is not a safetensors header: \(error.message)", file: file, byte: error.byte)
        }
        entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
        try checkTiling()
        return (entries, metadata)
    }

    private func entry(
        _ name: String, at start: Int, _ scanner: inout JSONScanner
    ) throws -> SafetensorsHeader.Entry {
        func failure(_ message: String, _ byte: Int) -> WeightsError {
            WeightsError(.malformed, message, file: file, tensor: String(name.prefix(200)), byte: byte)
        }
        var elementType: ElementType?
        var shape: [Int]?
        var offsets: [Int]?
        do {
            try scanner.members { scanner, key, byte in
                switch key {
                case "dtype":
                    let name = try scanner.string()
                    elementType = ElementType(rawValue: name)
                    guard elementType != nil else {
                        throw failure("its element type '\(name.prefix(40))' is not one that safetensors knows", byte)
                    }
                case "shape":
                    shape = try numbers(&scanner, atMost: SafetensorsHeader.maximumRank, "axes")
                case "data_offsets":
                    offsets = try numbers(&scanner, atMost: 2, "offsets")
                default:
                    throw failure("its entry has a key '\(key.prefix(40))' that safetensors does not know", byte)
                }
            }
        } catch let error as JSONError {
            throw failure("its entry is malformed: \(error.message)", error.byte)
        }
        guard let elementType else { throw failure("its entry lacks 'dtype'", start) }
        guard let shape else { throw failure("its entry lacks 'shape'", start) }
        guard let offsets, offsets.count == 2 else { throw failure("its entry lacks its two 'data_offsets'", start) }
        guard offsets[0] <= offsets[1] else {
            throw failure("its bytes \(offsets[0])..<\(offsets[1]) end before they begin", start)
        }
        // Relative to the data; the sums cannot overflow once the offsets are known to lie in the file.
        guard offsets[1] <= fileByteCount - text.count else {
            throw failure(
                "its bytes \(offsets[0])..<\(offsets[1]) lie beyond the file's \(fileByteCount - text.count) bytes of "
                    + "data; is the download complete?", start)
        }
        var bits = elementType.bitCount
        for extent in shape {
            // An extent of 0 would make any product fit, but strides are products of the others.
            let (product, overflow) = bits.multipliedReportingOverflow(by: max(extent, 1))
            guard !overflow else { throw failure("the product of its shape \(Shape(shape)) overflows", start) }
            bits = product
        }
        if shape.contains(0) { bits = 0 }
        guard bits % 8 == 0, bits / 8 == offsets[1] - offsets[0] else {
            throw failure(
                "\(elementType.rawValue)\(Shape(shape)) takes \(bits / 8) bytes, but its entry spans "
                    + "\(offsets[1] - offsets[0])", start)
        }
        return SafetensorsHeader.Entry(
            name: name, elementType: elementType, shape: Shape(shape),
            bytes: text.count + offsets[0]..<text.count + offsets[1], headerByte: start)
    }

    private func numbers(_ scanner: inout JSONScanner, atMost limit: Int, _ what: String) throws -> [Int] {
        var numbers: [Int] = []
        try scanner.elements { scanner in
            _ = try scanner.peekKind()
            let byte = scanner.position
            let number = try scanner.integer()
            guard number >= 0 else { throw JSONError("\(number) is negative", byte: byte) }
            guard numbers.count < limit else { throw JSONError("more than \(limit) \(what)", byte: byte) }
            numbers.append(number)
        }
        return numbers
    }

    /// Each tensor begins where the one before it ends, the first after the header and the last at the file's end.
    private func checkTiling() throws {
        var position = text.count
        var previous: String?
        for entry in entries {
            let start = entry.bytes.lowerBound
            guard start >= position else {
                throw WeightsError(
                    .malformed, "its bytes overlap those of '\(previous ?? "")'", file: file, tensor: entry.name,
                    byte: start)
            }
            guard start == position else {
                throw WeightsError(
                    .malformed, "\(start - position) bytes before it belong to no tensor", file: file,
                    tensor: entry.name, byte: position)
            }
            (position, previous) = (entry.bytes.upperBound, entry.name)
        }
        guard position == fileByteCount else {
            throw WeightsError(
                .malformed, "the file goes on for \(fileByteCount - position) bytes after the last tensor", file: file,
                tensor: previous, byte: position)
        }
    }
}
