import Glibc

/// Where a user's environment may have an engine's libraries.
package struct LibraryFolders: Sendable {
    package let environment: [String: String]

    package init(environment: [String: String]) { self.environment = environment }

    /// A variable's value, unless it is empty.
    package subscript(variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }

    /// The folders of a variable such as PATH.
    package func list(_ variable: String) -> [String] {
        (environment[variable] ?? "").split(separator: ":").map(String.init)
    }

    /// The folder `examples/setup` installs an engine's wheels to (`pip install --target`).
    package func own(_ engine: String) -> String {
        let data = self["XDG_DATA_HOME"] ?? "\(environment["HOME"] ?? "/root")/.local/share"
        return "\(data)/restyled/\(engine)"
    }

    /// $XDG_CACHE_HOME/restyled/<engine>, or the same under ~/.cache; nil where the user has neither.
    package func cache(_ engine: String) -> String? {
        let folders = [environment["XDG_CACHE_HOME"], environment["HOME"].map { $0 + "/.cache" }]
        return folders.lazy.compactMap { $0 }.first { $0.hasPrefix("/") }.map { "\($0)/restyled/\(engine)" }
    }

    /// Folders of Python packages: the active environment's, that of the first python3 on the path, the user's.
    package var python: [String] {
        var roots: [String] = []
        if let virtual = environment["VIRTUAL_ENV"] { roots.append(virtual) }
        if let folder = list("PATH").first(where: { access("\($0)/python3", X_OK) == 0 }), folder.hasSuffix("/bin") {
            roots.append(String(folder.dropLast("/bin".count)))
        }
        if let home = environment["HOME"] { roots.append("\(home)/.local") }
        roots += ["/usr/local", "/usr"]
        return roots.flatMap { ["\($0)/lib/python3*/site-packages", "\($0)/lib/python3*/dist-packages"] }
    }

    /// Any version of a library, the newest first: the names differ in their digits only.
    package static func libraries(_ name: String, in folder: String) -> [String] {
        paths(matching: "\(folder)/\(name)*").sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func paths(matching pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
    }
}
