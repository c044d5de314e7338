import EngineSupport

/// Where OpenVINO's C library may lie. The PyPI wheel names its files by version only (`libopenvino_c.so.2641`), which
/// the linker does not find by itself, so folders are searched for any version.
struct OpenVINOSearch: LibrarySearch {
    static let product = "OpenVINO"
    static let fileName = "libopenvino_c.so"
    static let variable = "RESTYLED_OPENVINO"

    let folders: LibraryFolders

    init(environment: [String: String]) { folders = LibraryFolders(environment: environment) }

    var installCommand: String { "python3 -m pip install --no-deps --target '\(folders.own("openvino"))' openvino" }

    func candidates() -> [String] {
        if let named {
            return LibraryFolders.isFolder(named) ? installations(in: named) : [named]
        }
        // The linker's own way first: it knows ld.so.conf and LD_LIBRARY_PATH.
        var files = [Self.fileName]
        for folder in linkerFolders { files += LibraryFolders.libraries(Self.fileName, in: folder) }
        files += installations(in: folders.own("openvino"))
        for folder in folders.python { files += installations(in: folder) }
        var seen = Set<String>()
        return files.filter { seen.insert($0).inserted }
    }

    private var linkerFolders: [String] {
        folders.list("LD_LIBRARY_PATH") + [
            "/usr/local/lib", "/usr/lib/*-linux-gnu", "/usr/lib", "/opt/intel/openvino*/runtime/lib/intel64",
        ]
    }

    /// The libraries of an installation: a wheel's, an archive's, or the folder itself.
    private func installations(in folder: String) -> [String] {
        ["", "/openvino/libs", "/libs", "/runtime/lib/intel64", "/lib/intel64", "/lib"].flatMap {
            LibraryFolders.libraries(Self.fileName, in: folder + $0)
        }
    }
}

extension OpenVINO {
    /// The process's environment variables.
    package static var currentEnvironment: [String: String] { ProcessEnvironment.current }
}
