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
