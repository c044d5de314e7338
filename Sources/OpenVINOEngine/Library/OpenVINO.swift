import COpenVINO
import EngineSupport
import Graph

/// Finding OpenVINO on this machine.
package enum OpenVINO {
    /// What was found, for `restyled doctor`.
    package struct Installation: Sendable {
        /// The file that was opened.
        package let library: String
        /// As OpenVINO writes it: "2026.4.1-…".
        package let version: String
        package let devices: [Device]
    }

    package struct Device: Sendable {
        /// What `OpenVINOOptions.device` takes: "CPU", "GPU.0".
        package let name: String
        /// "AMD EPYC 9R14", say.
        package let fullName: String
        /// What the device computes with: "FP32", "BF16", "INT8", …
        package let capabilities: [String]
    }

    /// Opens OpenVINO and asks which devices it reaches.
    /// - Throws: `EngineError.notFound`, with the command that installs it.
    package static func locate(environment: [String: String] = currentEnvironment) throws -> Installation {
        let library = try open(environment: environment)
        let core = try OpenVINOCore(library)
        return Installation(library: library.path, version: library.version, devices: try core.devices())
    }

    /// $XDG_CACHE_HOME/restyled/openvino, or the same under ~/.cache; nil where the user has neither.
    package static func cacheFolder(environment: [String: String] = currentEnvironment) -> String? {
        LibraryFolders(environment: environment).cache("openvino")
    }

    /// The first OpenVINO that opens; a place that the user named is the only one tried.
    static func open(environment: [String: String]) throws -> OpenVINOLibrary {
        try OpenVINOSearch(environment: environment).first(OpenVINOLibrary.init(path:))
    }
}

/// Where OpenVINO's C library may lie. The PyPI wheel names its files by version only (`libopenvino_c.so.2641`), which
/// the linker does not find by itself, so folders are searched for any version.
struct OpenVINOSearch: LibrarySearch {
    static let product = "OpenVINO"
    static let fileName = "libopenvino_c.so"
    static let variable = "RESTYLED_OPENVINO"
    static let package = EnginePackage.openvino

    let folders: LibraryFolders

    init(environment: [String: String]) { folders = LibraryFolders(environment: environment) }

    func candidates() -> [String] {
        if let named {
            return LibraryFolders.isFolder(named) ? installations(in: named) : [named]
        }
        // The linker's own way first: it knows ld.so.conf and LD_LIBRARY_PATH.
        var files = [Self.fileName]
        for folder in linkerFolders { files += LibraryFolders.libraries(Self.fileName, in: folder) }
        for folder in folders.installed("openvino") { files += installations(in: folder) }
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
