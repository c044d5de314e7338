import Basics
import Testing

@Suite struct ChecksumTests {
    /// Values of xxhash 3.5's xxh64 over the bytes (7i + 3) mod 256.
    @Test(
        arguments: [
            (0, 0xef46_db37_51d8_e999), (1, 0x1f25_c8d0_bc1f_4bb6), (3, 0x31d2_363f_52e5_64c9),
            (4, 0x9bb6_4b7d_66ee_9fda), (31, 0xa2aa_5f33_cc4a_6119), (32, 0x23c3_c17e_f790_fd97),
            (33, 0x50a7_cfc7_ba58_8784), (100, 0xa61f_8d4c_170f_e531), (1000, 0x5f23_5fa0_33f1_a3fb),
        ] as [(Int, UInt64)])
    func equalsReference(_ count: Int, _ expected: UInt64) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        var whole = Checksum()
        bytes.withUnsafeBytes { whole.update($0) }
        #expect(whole.value == expected)
        var pieces = Checksum()
        for piece in stride(from: 0, to: count, by: 13) {
            bytes[piece..<min(piece + 13, count)].withUnsafeBytes { pieces.update($0) }
        }
        #expect(pieces.value == expected)
    }
}
