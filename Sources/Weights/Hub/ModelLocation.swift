import Glibc

/// What `--model` names: a diffusers folder, a single-file checkpoint, or a model in the Hugging Face cache.
public enum ModelLocation: Sendable {
    case folder(String)
    case checkpoint(String)
    case repository(String)

    /// A path that exists wins over a name on the hub that looks the same.
    public init(_ name: String) {
        var information = stat()
        if stat(name, &information) == 0 {
            self = information.st_mode & S_IFMT == S_IFDIR ? .folder(name) : .checkpoint(name)
        } else if [".safetensors", ".ckpt", ".bin", ".pt", ".pth"].contains(where: name.hasSuffix) {
            self = .checkpoint(name)
        } else {
            self = HubCache.isRepository(name) ? .repository(name) : .folder(name)
        }
    }

    /// - Parameters:
    ///   - revision: of a model in the cache.
    ///   - tokenizer: where a checkpoint's tokenizer is taken from: a folder with `tokenizer` (and `tokenizer_2`).
    public func open(
        revision: String = "main", tokenizer: (any ModelFiles)? = nil, cache: HubCache?
    ) throws -> any ModelFiles {
        switch self {
        case .folder(let path):
            let files = FolderFiles(path)
            guard files.exists("") else {
                throw WeightsError(.notFound, "there is no such folder", file: path)
            }
            return files
        case .checkpoint(let path):
            return try CheckpointFiles(DiskFile(path), tokenizer: tokenizer)
        case .repository(let name):
            guard let cache else {
                throw WeightsError(
                    .notFound, "there is no such folder, and no Hugging Face cache without $HOME", file: name)
            }
            return try cache.resolve(name, revision: revision)
        }
    }
}
