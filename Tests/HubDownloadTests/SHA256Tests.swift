import Testing

@testable import HubDownload

@Suite struct SHA256Tests {
    private func digest(_ bytes: [UInt8], by step: Int) -> String {
        var checksum = SHA256()
        for start in stride(from: 0, to: bytes.count, by: step) {
            bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { checksum.update($0) }
        }
        return checksum.finish()
    }

    /// FIPS 180-4's examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func published(_ text: String, _ expected: String) {
        #expect(digest(Array(text.utf8), by: 7) == expected)
    }

    @Test func aMillionOfOneLetter() {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        for step in [63, 64, 65, 1000, 1 << 20] { #expect(digest(bytes, by: step) == expected) }
    }
}
