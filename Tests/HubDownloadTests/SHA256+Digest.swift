@testable import HubDownload

extension SHA256 {
    static func digest(of bytes: [UInt8]) -> String {
        var checksum = SHA256()
        bytes.withUnsafeBytes { checksum.update($0) }
        return checksum.finish()
    }
}
