/// Where a model's files are: a folder on disk, memory, or a checkpoint laid out as a folder.
///
/// Paths are relative and separated by '/': "unet/config.json".
package protocol ModelFiles: Sendable {
    /// For messages: the folder's path, say.
    var description: String { get }
    func exists(_ path: String) -> Bool
    /// - Throws: `WeightsError` where the file is missing, is no regular file or may not be read.
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

    package func json(_ path: String) throws -> JSONValue {
        let bytes = try read(path)
        do {
            return try JSONValue(parsing: bytes)
        } catch let error as JSONError {
            throw WeightsError(
                .malformed, FileSignature(bytes)?.reason ?? "this is not valid JSON: \(error.message)",
                file: name(path), byte: error.byte)
        }
    }

    /// The path for messages.
    package func name(_ path: String) -> String { description.isEmpty ? path : "\(description)/\(path)" }
}
