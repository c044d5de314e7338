import Graph

/// Where an engine's library may lie on this machine, and what to say when it is nowhere.
package protocol LibrarySearch {
    /// What the library is to a user: "OpenVINO".
    static var product: String { get }
    /// The library's file, without a version: "libopenvino_c.so".
    static var fileName: String { get }
    /// The environment variable that names a library, or a folder that holds an installation.
    static var variable: String { get }

    var folders: LibraryFolders { get }
    /// What installs the library.
    var installCommand: String { get }
    /// Files to open, best first; if the user named a place, those there alone.
    func candidates() -> [String]
}

extension LibrarySearch {
    /// What the user named.
    package var named: String? { folders[Self.variable] }

    /// Tries the candidates in order.
    /// - Throws: `EngineError.notFound`, with why those that are there do not open, and the remedy.
    package func first<Library>(_ open: (String) throws -> Library) throws -> Library {
        var reasons: [String] = []
        for path in candidates() {
            do {
                return try open(path)
            } catch let error as EngineError {
                // A bare name that the linker does not know is no finding worth telling.
                if path.contains("/") { reasons.append(error.message) }
            }
        }
        let found = reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))"
        if let named {
            throw EngineError(
                .notFound,
                "$\(Self.variable) is \(named), where no usable \(Self.fileName) is\(found); name the folder of an "
                    + "installation, or unset it and run: \(installCommand)")
        }
        throw EngineError(.notFound, "\(Self.product) was not found\(found); install it with: \(installCommand)")
    }
}
