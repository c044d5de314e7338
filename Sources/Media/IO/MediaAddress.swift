import CFFmpeg
import Glibc

/// What stands behind `-i` and `-o`.
enum MediaAddress: Sendable, Hashable {
    /// Descriptor 0 or 1.
    case standardStream(Int32)
    /// A path: a file, a FIFO, a device.
    case path(String)
    /// Something FFmpeg's protocols open.
    case url(String, scheme: String)

    /// `-`, `pipe:`, `pipe:0`, a path, or an address of an allowed protocol.
    init(_ text: String, writing: Bool, protocols: [String]) throws(MediaError) {
        let standard: Int32 = writing ? 1 : 0
        guard !text.isEmpty else {
            throw MediaError(.badOption, "\(writing ? "-o" : "-i") is empty; name a file, a FIFO, `-`, or an address")
        }
        guard text != "-", text != "pipe:" else {
            self = .standardStream(standard)
            return
        }
        if text.hasPrefix("pipe:") || text.hasPrefix("fd:") {
            guard let number = Int32(text.drop { $0 != ":" }.dropFirst()), number >= 0 else {
                throw MediaError(.badOption, "is not a descriptor; write pipe:\(standard)", at: text)
            }
            self = .standardStream(number)
        } else if text.hasPrefix("file:") {
            self = .path(String(text.dropFirst(5)))
        } else if let scheme = MediaAddress.scheme(of: text), access(text, F_OK) != 0 {
            guard protocols.contains(scheme) else {
                let allowed = protocols.joined(separator: ", ")
                throw MediaError(
                    .badOption,
                    "the protocol \(scheme) is not allowed; use a file, a pipe, or one of \(allowed) (a file of that name: ./\(text))",
                    at: text)
            }
            self = .url(text, scheme: scheme)
        } else {
            self = .path(text)
        }
    }

    /// The scheme, if FFmpeg would take the text for an address and not for a file.
    private static func scheme(of text: String) -> String? {
        guard let end = text.firstIndex(where: { $0 == ":" || $0 == "," }) else { return nil }
        let scheme = text[..<end].lowercased()
        guard scheme.count > 1, scheme.utf8.allSatisfy({ $0.isSchemeCharacter }) else { return nil }
        if text[end...].hasPrefix("://") { return scheme }
        var state: UnsafeMutableRawPointer?
        while let name = avio_enum_protocols(&state, 0) {
            if String(cString: name) == scheme { return scheme }
        }
        return nil
    }

    var text: String {
        switch self {
        case .standardStream(let number):
            number == 0 ? "standard input" : number == 1 ? "standard output" : "pipe:\(number)"
        case .path(let path): path
        case .url(let url, _): url
        }
    }
}

extension UInt8 {
    fileprivate var isSchemeCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}

/// What a path leads to, whatever it is called: two hard links are one file.
struct FileIdentity: Hashable {
    let device: UInt
    let inode: UInt
    let isRegular: Bool

    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }
}
