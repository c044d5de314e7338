import Glibc

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
