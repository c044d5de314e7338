import EngineSupport

/// Where NVRTC may lie: known to the linker, in a toolkit, or in a wheel's folder (`nvidia/cu13/lib` since CUDA 13,
/// `nvidia/cuda_nvrtc/lib` before).
struct CUDASearch: LibrarySearch {
    static let product = "CUDA's compiler NVRTC"
    static let fileName = "libnvrtc.so"
    static let variable = "RESTYLED_CUDA"
    /// Named by their interface's version, the newest first; wheels and drivers' packages have no plain name.
    private static let versions = [".13", ".12"]

    let folders: LibraryFolders

    init(environment: [String: String]) { folders = LibraryFolders(environment: environment) }

    var installCommand: String {
        "python3 -m pip install --no-deps --target '\(folders.own("cuda"))' nvidia-cuda-nvrtc"
    }

    func candidates() -> [String] {
        if let named {
            return LibraryFolders.isFolder(named) ? installations(in: named) : [named]
        }
        // The linker's own way first: it knows ld.so.conf and LD_LIBRARY_PATH.
        var files = (Self.versions + [""]).map { Self.fileName + $0 }
        for folder in folders.list("LD_LIBRARY_PATH") { files += libraries(in: folder) }
        files += installations(in: folders.own("cuda"))
        for folder in folders.python + ["/usr/local/cuda*", "/opt/cuda"] { files += installations(in: folder) }
        var seen = Set<String>()
        return files.filter { seen.insert($0).inserted }
    }

    private func installations(in folder: String) -> [String] {
        ["", "/nvidia/cu13/lib", "/nvidia/cuda_nvrtc/lib", "/lib64", "/lib"].flatMap { libraries(in: folder + $0) }
    }

    private func libraries(in folder: String) -> [String] {
        Self.versions.flatMap { LibraryFolders.libraries(Self.fileName + $0, in: folder) }
    }
}
