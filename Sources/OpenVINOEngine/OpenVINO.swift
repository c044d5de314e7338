internal import COpenVINO
internal import EngineSupport
internal import Graph

/// Finding OpenVINO on this machine.
public enum OpenVINO {
    /// What was found, for `restyled doctor`.
    public struct Installation: Sendable {
        /// The file that was opened.
        public let library: String
        /// OpenVINO's own word: "2026.4.1-…".
        public let version: String
        public let devices: [Device]
    }

    public struct Device: Sendable {
        /// What `OpenVINOOptions.device` takes: "CPU", "GPU.0".
        public let name: String
        /// "AMD EPYC 9R14", say.
        public let fullName: String
        /// What the device computes with: "FP32", "BF16", "INT8", …
        public let capabilities: [String]
    }

    /// Opens OpenVINO and asks which devices it reaches.
    /// - Throws: `EngineError.notFound`, with the command that installs it.
    public static func locate(environment: [String: String] = currentEnvironment) throws -> Installation {
        let library = try open(environment: environment)
        let core = try OpenVINOCore(library)
        return Installation(library: library.path, version: library.version, devices: try core.devices())
    }

    /// $XDG_CACHE_HOME/restyled/openvino, or the same under ~/.cache; nil where the user has neither.
    public static func cacheFolder(environment: [String: String] = currentEnvironment) -> String? {
        LibraryFolders(environment: environment).cache("openvino")
    }

    /// Tries the places in order. A place that the user named is the only one tried.
    static func open(environment: [String: String]) throws -> OpenVINOLibrary {
        let search = OpenVINOSearch(environment: environment)
        var reasons: [String] = []
        for path in search.candidates() {
            do {
                return try OpenVINOLibrary(path: path)
            } catch let error as EngineError {
                // A bare name that the linker does not know is no finding worth telling.
                if path.contains("/") { reasons.append(error.message) }
            }
        }
        let found = reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))"
        if let named = search.named {
            throw EngineError(
                .notFound,
                "$\(OpenVINOSearch.variable) is \(named), where no usable libopenvino_c.so is\(found); name the folder "
                    + "of an OpenVINO installation, or unset it and run: \(search.installCommand)")
        }
        throw EngineError(.notFound, "OpenVINO was not found\(found); install it with: \(search.installCommand)")
    }
}
