import EngineSupport

/// Where ONNX Runtime may lie. PyPI's wheels name the file by version only (`libonnxruntime.so.1.27.0`), and all of them,
/// `onnxruntime-webgpu`, `onnxruntime-gpu` and `onnxruntime`, put it into the same folder.
struct ONNXRuntimeSearch: LibrarySearch {
    static let product = "ONNX Runtime"
    static let fileName = "libonnxruntime.so"
    static let variable = "RESTYLED_ONNXRUNTIME"
    static let package = EnginePackage.webgpu

    let folders: LibraryFolders

    init(environment: [String: String]) { folders = LibraryFolders(environment: environment) }

    func candidates() -> [String] {
        if let named {
            return LibraryFolders.isFolder(named) ? installations(in: named) : [named]
        }
        // The project's own folder first: what else is installed seldom has the GPU's provider.
        var files = folders.installed(Self.package.rawValue).flatMap { installations(in: $0) }
        for folder in folders.python { files += installations(in: folder) }
        files.append(Self.fileName)
        for folder in folders.list("LD_LIBRARY_PATH") + ["/usr/local/lib", "/usr/lib/*-linux-gnu", "/usr/lib"] {
            files += LibraryFolders.libraries(Self.fileName, in: folder)
        }
        var seen = Set<String>()
        return files.filter { seen.insert($0).inserted }
    }

    /// The libraries of an installation: a wheel's, a release archive's, or the folder itself.
    private func installations(in folder: String) -> [String] {
        ["", "/onnxruntime/capi", "/capi", "/lib"].flatMap { LibraryFolders.libraries(Self.fileName, in: folder + $0) }
    }
}
