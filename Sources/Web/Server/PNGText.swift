/// Texts within a PNG file (its specification, section 11.3.3.4, iTXt): what made the picture stays with it.
enum PNGText {
    /// - Parameters:
    ///   - texts: keywords in Latin letters with what belongs to them.
    /// - Returns: the file with them, behind its header; as it was where it is not a PNG file.
    static func adding(_ texts: [(keyword: String, text: String)], to file: [UInt8]) -> [UInt8] {
        // The signature and the header's chunk.
        let header = 8 + 12 + 13
        guard file.count > header, file.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return file }
        let chunks = texts.flatMap { chunk($0.keyword, $0.text) }
        return file[..<header] + chunks + file[header...]
    }

    private static func chunk(_ keyword: String, _ text: String) -> [UInt8] {
        // No compression, no language, no translated keyword.
        let data = Array(keyword.utf8) + [0, 0, 0, 0, 0] + Array(text.utf8)
        let body = Array("iTXt".utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
    }
}
