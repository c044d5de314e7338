import COpenVINO
import Graph

/// An opened OpenVINO: its functions, and how their failures become errors.
///
/// Unchecked: the table is written once before it is shared, lives as long as the process, and OpenVINO's functions
/// may be called from any thread.
final class OpenVINOLibrary: @unchecked Sendable {
    /// Older releases number their element types differently.
    static let oldestYear = 2025

    let path: String
    /// As OpenVINO writes it: "2026.4.1-…".
    let version: String
    private let table: UnsafePointer<COpenVINO_functions>
    var functions: COpenVINO_functions { table.pointee }

    /// - Throws: `EngineError.notFound` with the linker's reason, or where the release is too old.
    init(path: String) throws {
        var reason = [CChar](repeating: 0, count: 1024)
        guard let table = COpenVINO_open(path, &reason, reason.count) else {
            let text = reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
            throw EngineError(.notFound, String(decoding: text, as: UTF8.self))
        }
        self.path = path
        self.table = table
        var version = COpenVINO_version()
        guard table.pointee.get_openvino_version(&version) == 0, let number = version.build_number else {
            throw EngineError(.notFound, "\(path) does not tell its version")
        }
        self.version = String(cString: number)
        table.pointee.version_free(&version)
        guard let year = Int(self.version.prefix { $0 != "." }), year >= Self.oldestYear else {
            throw EngineError(
                .notFound, "\(path) is OpenVINO \(self.version); \(Self.oldestYear).0 or newer is needed")
        }
    }

    /// Turns OpenVINO's failure into an error carrying OpenVINO's own words.
    func check(_ status: COpenVINO_status, _ code: EngineError.Code, _ what: @autoclosure () -> String) throws {
        guard status != 0 else { return }
        var reason = ""
        if let message = functions.get_last_err_msg() {
            reason = String(cString: message)
            functions.free(message)
        }
        if reason.isEmpty, let message = functions.get_error_info(status) { reason = String(cString: message) }
        let isMemory = reason.contains("bad_alloc") || reason.contains("out of memory")
        throw EngineError(isMemory ? .outOfMemory : code, "\(what()): OpenVINO says: \(reason)")
    }
}
