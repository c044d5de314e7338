import Graph

@testable import Weights

/// Writes safetensors files for tests, right ones and, by hand, wrong ones.
struct SafetensorsBuilder {
    private var entries: [String] = []
    private var data: [UInt8] = []

    mutating func add(_ name: String, _ shape: Shape, _ values: [Float], as type: ElementType = .f32) {
        let bytes: [UInt8] =
            switch type {
            case .f32: values.withUnsafeBytes { Array($0) }
            case .f16: values.map { Float16($0).bitPattern }.withUnsafeBytes { Array($0) }
            case .bf16: values.map { UInt16($0.bitPattern >> 16) }.withUnsafeBytes { Array($0) }
            default: [UInt8](repeating: 0, count: shape.elementCount * type.bitCount / 8)
            }
        let range = data.count..<data.count + bytes.count
        entries.append(
            "\"\(name)\":{\"dtype\":\"\(type.rawValue)\",\"shape\":\(shape),"
                + "\"data_offsets\":[\(range.lowerBound),\(range.upperBound)]}")
        data += bytes
    }

    var file: [UInt8] { Self.file("{" + entries.joined(separator: ",") + "}", data) }

    /// A file of any header and data, fitting or not.
    static func file(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
        let length = length ?? UInt64(header.utf8.count)
        return withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(header.utf8) + data
    }
}
