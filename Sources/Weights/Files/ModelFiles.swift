package import Basics
import Glibc

/// Where a model's files are: a folder on disk, memory, or a checkpoint laid out as a folder.
///
/// Paths are relative and separated by '/': "unet/config.json".
package protocol ModelFiles: Sendable {
    /// For messages: the folder's path, say.
    var description: String { get }
    func exists(_ path: String) -> Bool
    /// - Throws: `WeightsError` where the file is missing, is not a regular file or may not be read.
    func open(_ path: String) throws -> any ModelFile
    /// Names of the files and folders directly in `folder`, sorted; empty where there is no such folder.
    func list(_ folder: String) -> [String]
    /// The tensors of one part, in diffusers' names. By default from the files that a diffusers folder has them in.
    func weights(_ folder: String, variant: String?) throws -> WeightStore
}

extension ModelFiles {
    /// The whole content of a small file, such as a configuration or a vocabulary.
    package func read(_ path: String, limit: Int = 32 << 20) throws -> [UInt8] {
        let file = try open(path)
        guard file.byteCount <= limit else {
            throw WeightsError(
                .malformed,
                "the file takes \(file.byteCount) bytes, where at most \(limit) make sense; download it again",
                file: file.name)
        }
        return try file.read(0..<file.byteCount)
    }

    package func weights(_ folder: String, variant: String?) throws -> WeightStore {
        try WeightStore(reading: folder, of: self, variant: variant)
    }

    package func json(_ path: String) throws -> LocatedJSON {
        let bytes = try read(path)
        do {
            return try LocatedJSON(parsing: bytes, numbers: .python)
        } catch let error as JSONError {
            throw WeightsError(
                .malformed, FileSignature(bytes)?.reason ?? "this is not valid JSON: \(error.message)",
                file: name(path), byte: error.byte)
        }
    }

    /// The path for messages.
    package func name(_ path: String) -> String { description.isEmpty ? path : "\(description)/\(path)" }
}

/// A model's folder on disk, as diffusers saves it.
package struct FolderFiles: ModelFiles {
    package let description: String

    package init(_ folder: String) {
        description = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }

    package func exists(_ path: String) -> Bool {
        // Also true of a dangling link, so that opening it tells what is wrong rather than that it is missing.
        var information = stat()
        return lstat(name(path), &information) == 0
    }

    package func open(_ path: String) throws -> any ModelFile { try DiskFile(name(path)) }

    package func list(_ folder: String) -> [String] {
        guard let stream = opendir(folder.isEmpty ? description : name(folder)) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// A model's files in memory: the model that is built into the program, and tests.
package struct EmbeddedFiles: ModelFiles {
    package let description: String
    private let files: [String: [UInt8]]

    package init(_ files: [String: [UInt8]], description: String = "embedded") {
        (self.files, self.description) = (files, description)
    }

    package func exists(_ path: String) -> Bool { files[path] != nil }

    package func open(_ path: String) throws -> any ModelFile {
        guard let bytes = files[path] else {
            throw WeightsError(.notFound, "the file is missing from the model", file: name(path))
        }
        return MemoryFile(name: name(path), bytes: bytes)
    }

    package func list(_ folder: String) -> [String] {
        let prefix = folder.isEmpty ? "" : folder + "/"
        let names = files.keys.filter { $0.hasPrefix(prefix) }.map { path in
            String(path.dropFirst(prefix.count).prefix { $0 != "/" })
        }
        return Set(names).sorted()
    }
}
