import COpenVINO
import EngineSupport
import Graph

/// Finding OpenVINO on this machine.
package enum OpenVINO {
    /// What was found, for `restyled doctor`.
    package struct Installation: Sendable {
        /// The file that was opened.
        package let library: String
        /// OpenVINO's own word: "2026.4.1-…".
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
