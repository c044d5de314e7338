import Weights

/// What the hub says of a model's revision.
struct HubListing: Sendable {
    /// 40 hexadecimal digits.
    let commit: String
    let files: [HubFile]
    /// Of a file, in bytes; so that sums of them cannot overflow.
    private static let sizes = 0...(1 << 40)

    /// Reads the answer of `/api/models/OWNER/NAME/revision/REVISION?blobs=true`.
    ///
    /// Paths and checksums become names on this machine, so none is taken that is not plainly one.
    init(parsing bytes: [UInt8], repository: String) throws {
        func malformed(_ what: String) -> HubError {
            HubError(.malformed, "the hub's list of \(repository)'s files makes no sense: \(what)")
        }
        guard let answer = try? JSONValue(parsing: bytes), case .object(let members) = answer.content,
            case .string(let commit)? = members["sha"]?.content, Self.isDigest(commit, 40),
            case .array(let siblings)? = members["siblings"]?.content
        else { throw malformed("no commit or no files") }
        self.commit = commit
        files = try siblings.map { sibling in
            guard case .object(let members) = sibling.content,
                case .string(let path)? = members["rfilename"]?.content, Self.isPath(path)
            else { throw malformed("a file without a name") }
            if case .object(let large)? = members["lfs"]?.content {
                guard case .string(let digest)? = large["sha256"]?.content, Self.isDigest(digest, 64),
                    case .integer(let size)? = large["size"]?.content, Self.sizes.contains(size)
                else { throw malformed("\(path) has no checksum") }
                return HubFile(path: path, byteCount: size, etag: digest, sha256: digest)
            }
            guard case .string(let blob)? = members["blobId"]?.content, Self.isDigest(blob, 40),
                case .integer(let size)? = members["size"]?.content, Self.sizes.contains(size)
            else { throw malformed("\(path) has no size") }
            return HubFile(path: path, byteCount: size, etag: blob, sha256: nil)
        }
    }

    private static func isDigest(_ text: String, _ count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    private static func isPath(_ path: String) -> Bool {
        path.utf8.count <= 1024 && !path.utf8.contains { $0 < 32 || $0 == UInt8(ascii: "\\") }
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0 != "." && $0 != ".."
            }
    }
}
