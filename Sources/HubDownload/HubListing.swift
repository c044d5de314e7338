import Basics
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
        guard let answer = try? LocatedJSON(parsing: bytes), case .object(let members) = answer.content,
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

extension HubListing {
    private static let parts = ["unet", "vae", "text_encoder", "text_encoder_2"]
    private static let small = ["scheduler", "tokenizer", "tokenizer_2"]
    /// A half of the bytes of fp32 makes the same picture, so that is taken where there is one.
    private static let variants = [".fp16", ".bf16", ""]

    /// The files of a diffusers folder that a model is opened from: configurations, tokenizers, and of each part's
    /// weights the smallest variant in safetensors; of a part's own folder, its configuration and weights.
    /// - Throws: where there is neither, telling what could be named instead, and where a part has pickles alone.
    func needed(of repository: String) throws -> [HubFile] {
        let names = Set(files.map(\.path))
        let isWhole = names.contains("model_index.json")
        let folders = isWhole ? Self.parts.map { $0 + "/" }.filter { names.contains($0 + "config.json") } : [""]
        guard isWhole || names.contains("config.json") else {
            let weights = names.filter { $0.hasSuffix(".safetensors") }.sorted()
            throw HubError(
                .notFound,
                "\(repository) has no model_index.json and no config.json, so it is not a diffusers folder; "
                    + (weights.isEmpty
                        ? "it has no safetensors either"
                        : "name the files to download, such as \(weights.prefix(5).joined(separator: ", "))"))
        }
        var wanted: Set<String> = isWhole ? ["model_index.json"] : []
        for folder in folders {
            wanted.insert(folder + "config.json")
            let weights = Self.weights(folder, among: names)
            guard !weights.isEmpty else {
                throw HubError(
                    .notFound,
                    "\(repository) has no safetensors in '\(folder.isEmpty ? "/" : folder)'; PyTorch's pickles can run "
                        + "any program when they are read, and are not downloaded")
            }
            wanted.formUnion(weights)
        }
        for name in names where isWhole {
            let parts = name.split(separator: "/")
            if parts.count == 2, Self.small.contains(String(parts[0])), ["json", "txt"].contains(name.pathExtension) {
                wanted.insert(name)
            }
        }
        return files.filter { wanted.contains($0.path) }
    }

    /// Those files that are asked for by name.
    func named(_ paths: [String], of repository: String) throws -> [HubFile] {
        try paths.map { path in
            guard let file = files.first(where: { $0.path == path }) else {
                throw HubError(.notFound, "\(repository) has no file '\(path)'")
            }
            return file
        }
    }

    /// One file, or an index with all of its shards.
    private static func weights(_ folder: String, among names: Set<String>) -> [String] {
        for variant in variants {
            for name in ["diffusion_pytorch_model", "model"] {
                let whole = "\(folder)\(name)\(variant).safetensors"
                if names.contains(whole) { return [whole] }
                let indices = [
                    "\(folder)\(name).safetensors.index\(variant).json",
                    "\(folder)\(name)\(variant).safetensors.index.json",
                ]
                guard let index = indices.first(where: names.contains) else { continue }
                let shards = names.filter { shard in
                    shard.hasPrefix("\(folder)\(name)\(variant)-0") && shard.hasSuffix(".safetensors")
                        || shard.hasPrefix("\(folder)\(name)-0") && shard.hasSuffix("\(variant).safetensors")
                            && shard.filter { $0 == "." }.count == (variant.isEmpty ? 1 : 2)
                }
                if !shards.isEmpty { return [index] + shards.sorted() }
            }
        }
        return []
    }
}

extension String {
    fileprivate var pathExtension: String { split(separator: ".").last.map(String.init) ?? "" }
}

/// A file of a model on the hub.
struct HubFile: Sendable, Hashable {
    /// "unet/config.json"
    let path: String
    let byteCount: Int
    /// What names the content in the cache: the SHA-256 of large files, else git's name of the blob.
    let etag: String
    /// Lower-case hexadecimal; nil for small files, of which the hub tells none.
    let sha256: String?
}
