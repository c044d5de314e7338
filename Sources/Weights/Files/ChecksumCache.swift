import Glibc

/// Remembers files' checksums between runs, so that the second start reads no weights just to name them.
///
/// One small file for each, in the user's cache folder. It only saves time: what cannot be read or written is worked
/// out again.
public struct ChecksumCache: Sendable {
    private let folder: String

    public init(folder: String) { self.folder = folder }

    /// $XDG_CACHE_HOME/restyled/checksums, or the same under ~/.cache; nil where the user has neither.
    public static var user: ChecksumCache? {
        if let cache = getenv("XDG_CACHE_HOME").map({ String(cString: $0) }), cache.hasPrefix("/") {
            return ChecksumCache(folder: cache + "/restyled/checksums")
        }
        guard let home = getenv("HOME").map({ String(cString: $0) }), home.hasPrefix("/") else { return nil }
        return ChecksumCache(folder: home + "/.cache/restyled/checksums")
    }

    func identity(of state: FileState) -> String? {
        guard let file = try? DiskFile(path(state), checksums: nil), file.byteCount < 4096,
            let bytes = try? file.read(0..<file.byteCount)
        else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return fields.count == 2 && fields[0] == state.key ? String(fields[1]) : nil
    }

    func remember(_ identity: String, of state: FileState) {
        guard !state.isFresh else { return }
        var parent = ""
        for component in folder.split(separator: "/") {
            parent += "/" + component
            mkdir(parent, 0o700)
        }
        let temporary = "\(path(state)).\(getpid())"
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let line = Array("\(state.key) \(identity)".utf8)
        let written = write(descriptor, line, line.count)
        close(descriptor)
        if written != line.count || rename(temporary, path(state)) != 0 { unlink(temporary) }
    }

    /// Not a name of the content: a file that changes replaces what was known of it.
    private func path(_ state: FileState) -> String { "\(folder)/\(state.device)-\(state.inode)" }
}
