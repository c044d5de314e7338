import Glibc
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
    /// What `restyled setup` installs it as.
    static var package: EnginePackage { get }
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
                // A bare name that the linker does not know is not worth reporting.
                if path.contains("/") { reasons.append(error.message) }
            }
        }
        let found = reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))"
        if let named {
            throw EngineError(
                .notFound,
                "$\(Self.variable) is \(named), where no usable \(Self.fileName) is\(found); name the folder of an "
                    + "installation, or unset it and run: \(Self.package.installCommand)")
        }
        throw EngineError(
            .notFound, "\(Self.product) was not found\(found); install it with: \(Self.package.installCommand)")
    }
}

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

    /// The folder `restyled setup` installs an engine to, for this user.
    package func own(_ engine: String) -> String {
        let data = self["XDG_DATA_HOME"] ?? "\(environment["HOME"] ?? "/root")/.local/share"
        return "\(data)/restyled/\(engine)"
    }

    /// The folder `restyled setup --system` installs it to, for every user and for the system's services.
    package static func shared(_ engine: String) -> String { "/usr/local/share/restyled/\(engine)" }

    /// Where `restyled setup` may have installed it.
    package func installed(_ engine: String) -> [String] { [own(engine), Self.shared(engine)] }

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

/// The process's environment variables, for engines that look for their libraries at run time.
package enum ProcessEnvironment {
    package static var current: [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { result[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return result
    }
}
