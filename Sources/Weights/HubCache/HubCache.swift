import Glibc

/// The cache in which Hugging Face's tools keep what they download: models--OWNER--NAME/{refs,snapshots,blobs}.
///
/// Read only, and without the network. https://huggingface.co/docs/huggingface_hub/guides/manage-cache
package struct HubCache: Sendable {
    /// A downloaded model.
    package struct Model: Sendable, Hashable {
        /// "stabilityai/sdxl-turbo"
        package let repository: String
        /// Commit to folder.
        package let snapshots: [String: String]
        /// "main" and other names, to the commit each stands for.
        package let references: [String: String]
    }

    /// ~/.cache/huggingface/hub, or where the environment says.
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// In the order of huggingface_hub: $HF_HUB_CACHE, $HUGGINGFACE_HUB_CACHE, $HF_HOME/hub,
    /// $XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub.
    package init?(environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let home = value("HOME")
        func expanded(_ path: String) -> String {
            if path == "~" || path.hasPrefix("~/"), let home { return home + path.dropFirst() }
            return path
        }
        if let folder = value("HF_HUB_CACHE") ?? value("HUGGINGFACE_HUB_CACHE") {
            self.init(folder: expanded(folder))
        } else if let folder = value("HF_HOME") {
            self.init(folder: expanded(folder) + "/hub")
        } else if let folder = value("XDG_CACHE_HOME") {
            self.init(folder: expanded(folder) + "/huggingface/hub")
        } else if let home {
            self.init(folder: home + "/.cache/huggingface/hub")
        } else {
            return nil
        }
    }

    /// Whether `name` could be a model's name on the hub: OWNER/NAME of letters, digits, '-', '_' and '.'.
    package static func isRepository(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.count <= 96 && part != "." && part != ".." && !part.contains("--")
                    && part.utf8.allSatisfy { byte in
                        let scalar = Unicode.Scalar(byte)
                        return scalar.isASCII
                            && (scalar.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains(scalar))
                    }
            }
    }

    /// The folder of a model's files.
    /// - Parameter revision: a branch, a tag or a commit.
    /// - Throws: `WeightsError` naming the command that downloads what is missing.
    package func resolve(_ repository: String, revision: String = "main") throws -> FolderFiles {
        let place = path(repository)
        guard Self.isRepository(repository), !FolderFiles(place).list("").isEmpty else {
            throw WeightsError(
                .notFound,
                "'\(repository)' is neither a file or folder nor in the Hugging Face cache; download it with "
                    + "`restyled models pull \(repository)`", file: place)
        }
        guard let model = model(repository), let commit = model.references[revision] ?? commit(revision, of: model),
            let snapshot = model.snapshots[commit]
        else {
            let known = model(repository)?.references.keys.sorted().joined(separator: ", ") ?? ""
            throw WeightsError(
                .notFound,
                "the Hugging Face cache holds no revision '\(revision)' of it"
                    + (known.isEmpty ? "" : ", only \(known)")
                    + "; download it with `restyled models pull \(repository)`", file: place)
        }
        return FolderFiles(snapshot)
    }

    /// The models in the cache, by name.
    package func models() -> [Model] {
        FolderFiles(folder).list("").compactMap { name in
            let parts = name.components(separatedBy: "--")
            guard parts.count == 3, parts[0] == "models" else { return nil }
            return model("\(parts[1])/\(parts[2])")
        }
    }

    private func path(_ repository: String) -> String {
        "\(folder)/models--\(repository.split(separator: "/").joined(separator: "--"))"
    }

    /// A commit may be given by its first digits, as long as they fit one snapshot.
    private func commit(_ revision: String, of model: Model) -> String? {
        guard revision.count >= 7, revision.allSatisfy(\.isHexDigit) else { return nil }
        let found = model.snapshots.keys.filter { $0.hasPrefix(revision) }
        return found.count == 1 ? found.first : nil
    }

    private func model(_ repository: String) -> Model? {
        let files = FolderFiles(path(repository))
        let commits = files.list("snapshots")
        guard !commits.isEmpty else { return nil }
        return Model(
            repository: repository,
            snapshots: Dictionary(uniqueKeysWithValues: commits.map { ($0, files.name("snapshots/\($0)")) }),
            references: references(files, "refs", ""))
    }

    /// Branches may have '/' in their names, and are folders then.
    private func references(_ files: FolderFiles, _ folder: String, _ prefix: String) -> [String: String] {
        var found: [String: String] = [:]
        for name in files.list(folder) {
            if let bytes = try? files.read("\(folder)/\(name)", limit: 100) {
                let text = String(decoding: bytes, as: UTF8.self)
                found[prefix + name] = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            } else if prefix.count < 200 {
                found.merge(references(files, "\(folder)/\(name)", "\(prefix)\(name)/")) { first, _ in first }
            }
        }
        return found
    }
}

extension String {
    /// The parts between occurrences of a longer separator.
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
