import CCUDA
import EngineSupport
import Graph

/// Finding CUDA's driver and NVRTC on this machine.
package enum CUDA {
    /// What was found, for `restyled doctor`.
    package struct Installation: Sendable {
        /// NVRTC's file and its version, "13.0".
        package let compiler: String
        package let compilerVersion: String
        /// The newest CUDA that the driver knows: "13.0".
        package let driverVersion: String
        /// "NVIDIA H200 (sm_90)"
        package let devices: [String]
    }

    /// Opens both and asks which devices there are.
    /// - Throws: `EngineError.notFound`, with the command that installs what is missing.
    package static func locate(environment: [String: String] = currentEnvironment) throws -> Installation {
        let libraries = try open(environment: environment)
        return Installation(
            compiler: libraries.compiler.path, compilerVersion: libraries.compiler.version,
            driverVersion: try libraries.driver.version(), devices: try libraries.driver.devices().map(\.description))
    }

    /// $XDG_CACHE_HOME/restyled/cuda, or the same under ~/.cache; nil where the user has neither.
    package static func cacheFolder(environment: [String: String] = currentEnvironment) -> String? {
        LibraryFolders(environment: environment).cache("cuda")
    }

    /// The process's environment variables.
    package static var currentEnvironment: [String: String] { ProcessEnvironment.current }

    /// One of the GPUs that are new enough.
    /// - Throws: `EngineError.notFound`, with what to do about it.
    package static func openDevice(
        _ index: Int = 0, cacheFolder: String?, environment: [String: String] = currentEnvironment
    ) throws -> any CUDADevice {
        try DriverDevice(try open(environment: environment), index: index, cacheFolder: cacheFolder)
    }

    struct Libraries {
        let driver: CUDADriver
        let compiler: KernelCompiler
    }

    static func open(environment: [String: String]) throws -> Libraries {
        Libraries(driver: try CUDADriver(), compiler: try openCompiler(environment: environment))
    }

    /// The first NVRTC that opens; a place that the user named is the only one tried.
    package static func openCompiler(environment: [String: String] = currentEnvironment) throws -> KernelCompiler {
        try CUDASearch(environment: environment).first(KernelCompiler.init(path:))
    }
}

/// Where NVRTC may lie: known to the linker, in a toolkit, or in a wheel's folder (`nvidia/cu13/lib` since CUDA 13,
/// `nvidia/cuda_nvrtc/lib` before).
struct CUDASearch: LibrarySearch {
    static let product = "CUDA's compiler NVRTC"
    static let fileName = "libnvrtc.so"
    static let variable = "RESTYLED_CUDA"
    static let package = EnginePackage.cuda
    /// Named by their interface's version, the newest first; wheels and drivers' packages have no plain name.
    private static let versions = [".13", ".12"]

    let folders: LibraryFolders

    init(environment: [String: String]) { folders = LibraryFolders(environment: environment) }

    func candidates() -> [String] {
        if let named {
            return LibraryFolders.isFolder(named) ? installations(in: named) : [named]
        }
        // The linker's own way first: it knows ld.so.conf and LD_LIBRARY_PATH.
        var files = (Self.versions + [""]).map { Self.fileName + $0 }
        for folder in folders.list("LD_LIBRARY_PATH") { files += libraries(in: folder) }
        for folder in folders.installed("cuda") { files += installations(in: folder) }
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
