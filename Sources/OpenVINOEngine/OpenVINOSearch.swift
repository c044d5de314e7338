internal import Glibc

/// Where OpenVINO's C library may lie. The PyPI wheel names its files by version only (`libopenvino_c.so.2641`), which
/// the linker does not find by itself, so folders are searched for any version.
struct OpenVINOSearch {
    static let variable = "RESTYLED_OPENVINO"
    private static let fileName = "libopenvino_c.so"

    let environment: [String: String]

    /// What the user named: a library, or a folder that holds an installation.
    var named: String? { environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 } }

    /// The folder `examples/setup` installs the wheel to (`pip install --target`).
    var ownFolder: String {
        let home = environment["HOME"] ?? "/root"
        let data = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.local/share"
        return "\(data)/restyled/openvino"
    }

    var installCommand: String { "python3 -m pip install --no-deps --target '\(ownFolder)' openvino" }

    /// Files to open, best first.
    func candidates() -> [String] {
        if let named {
            return Self.isFolder(named) ? installations(in: named) : [named]
        }
        // The linker's own way first: it knows ld.so.conf and LD_LIBRARY_PATH.
        var files = [Self.fileName]
        for folder in linkerFolders { files += libraries(in: folder) }
        files += installations(in: ownFolder)
        for folder in pythonFolders { files += installations(in: folder) }
        var seen = Set<String>()
        return files.filter { seen.insert($0).inserted }
    }

    private var linkerFolders: [String] {
        list("LD_LIBRARY_PATH") + [
            "/usr/local/lib", "/usr/lib/*-linux-gnu", "/usr/lib", "/opt/intel/openvino*/runtime/lib/intel64",
        ]
    }

    /// Folders of Python packages: the active environment's, that of the first python3 on the path, the user's.
    private var pythonFolders: [String] {
        var roots: [String] = []
        if let virtual = environment["VIRTUAL_ENV"] { roots.append(virtual) }
        if let folder = list("PATH").first(where: { access("\($0)/python3", X_OK) == 0 }), folder.hasSuffix("/bin") {
            roots.append(String(folder.dropLast("/bin".count)))
        }
        if let home = environment["HOME"] { roots.append("\(home)/.local") }
        roots += ["/usr/local", "/usr"]
        return roots.flatMap { ["\($0)/lib/python3*/site-packages", "\($0)/lib/python3*/dist-packages"] }
    }

    /// The libraries of an installation: a wheel's, an archive's, or the folder itself.
    private func installations(in folder: String) -> [String] {
        ["", "/openvino/libs", "/libs", "/runtime/lib/intel64", "/lib/intel64", "/lib"].flatMap {
            libraries(in: folder + $0)
        }
    }

    /// Any version, the newest first: the names differ in their digits only.
    private func libraries(in folder: String) -> [String] {
        Self.paths(matching: "\(folder)/\(Self.fileName)*").sorted {
            ($0.utf8.count, $0) > ($1.utf8.count, $1)
        }
    }

    private func list(_ variable: String) -> [String] {
        (environment[variable] ?? "").split(separator: ":").map(String.init)
    }

    private static func isFolder(_ path: String) -> Bool {
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

extension OpenVINO {
    /// The process's environment variables.
    public static var currentEnvironment: [String: String] {
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
