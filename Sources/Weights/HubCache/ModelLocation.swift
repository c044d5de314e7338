import Glibc

/// What `--model` names: a diffusers folder, a single-file checkpoint, or a model in the Hugging Face cache.
package enum ModelLocation: Sendable {
    case folder(String)
    case checkpoint(String)
    /// A branch, tag or commit of it: "main" where none is named.
    case repository(String, revision: String)

    /// A path, or OWNER/NAME or OWNER/NAME@REVISION on the hub. A path that exists wins.
    package init(_ name: String) {
        var information = stat()
        if stat(name, &information) == 0 {
            self = information.st_mode & S_IFMT == S_IFDIR ? .folder(name) : .checkpoint(name)
        } else if [".safetensors", ".ckpt", ".bin", ".pt", ".pth"].contains(where: name.hasSuffix) {
            self = .checkpoint(name)
        } else {
            let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let revision = parts.count > 1 ? parts[1] : "main"
            self =
                HubCache.isRepository(parts[0]) && !revision.isEmpty
                ? .repository(parts[0], revision: revision) : .folder(name)
        }
    }

    /// - Parameter tokenizer: where a checkpoint's tokenizer is taken from: a folder with `tokenizer` (and `tokenizer_2`).
    package func open(tokenizer: (any ModelFiles)? = nil, cache: HubCache?) throws -> any ModelFiles {
        switch self {
        case .folder(let path):
            let files = FolderFiles(path)
            guard files.exists("") else {
                throw WeightsError(
                    .notFound,
                    "there is no such model; name a folder with model_index.json, a .safetensors file, or OWNER/NAME "
                        + "on the hub", file: path)
            }
            return files
        case .checkpoint(let path):
            return try CheckpointFiles(DiskFile(path), tokenizer: tokenizer)
        case .repository(let name, let revision):
            guard let cache else {
                throw WeightsError(
                    .notFound, "there is no such folder, and no Hugging Face cache without $HOME", file: name)
            }
            return try cache.resolve(name, revision: revision)
        }
    }
}
