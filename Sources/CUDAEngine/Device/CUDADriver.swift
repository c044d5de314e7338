import CCUDA
import Glibc
import Graph

/// CUDA's driver, opened: its functions, and how their failures become errors.
///
/// Unchecked: the table is written once before it is shared, lives as long as the process, and the driver may be called
/// from any thread.
final class CUDADriver: @unchecked Sendable {
    private let table: UnsafePointer<CCUDA_driver>
    var functions: CCUDA_driver { table.pointee }

    struct Device: CustomStringConvertible {
        let handle: Int32
        let name: String
        let major, minor: Int32
        var architecture: String { "sm_\(major)\(minor)" }
        var description: String { "\(name) (\(architecture))" }
    }

    private static let remedy =
        "install it with: sudo apt-get install nvidia-driver, or as your distribution has it; then: restyled setup cuda"

    /// - Throws: `EngineError.notFound` where there is no driver, or one that finds no device.
    init() throws {
        var reason = [CChar](repeating: 0, count: 1024)
        var found: UnsafePointer<CCUDA_driver>?
        // Under Windows the driver lies where the linker does not look. Elsewhere an error should not name that folder.
        let wsl = "/usr/lib/wsl/lib/libcuda.so.1"
        for path in ["libcuda.so.1"] + (access(wsl, F_OK) == 0 ? [wsl] : []) where found == nil {
            found = CCUDA_open_driver(path, &reason, reason.count)
        }
        guard let found else {
            throw EngineError(.notFound, "NVIDIA's driver was not found (\(String(cBytes: reason))); \(Self.remedy)")
        }
        table = found
        let result = table.pointee.Init(0)
        guard result == 0 else {
            throw EngineError(.notFound, "NVIDIA's driver finds no usable GPU: \(text(result))")
        }
    }

    func version() throws -> String {
        var number: Int32 = 0
        try check(functions.DriverGetVersion(&number), "the driver's version")
        return "\(number / 1000).\(number % 1000 / 10)"
    }

    func devices() throws -> [Device] {
        var count: Int32 = 0
        try check(functions.DeviceGetCount(&count), "the number of GPUs")
        return try (0..<count).map { ordinal in
            var handle: Int32 = 0
            try check(functions.DeviceGet(&handle, ordinal), "GPU \(ordinal)")
            var name = [CChar](repeating: 0, count: 256)
            try check(functions.DeviceGetName(&name, Int32(name.count), handle), "the name of GPU \(ordinal)")
            return Device(
                handle: handle, name: String(cBytes: name),
                major: try attribute(CCUDA_capability_major, of: handle),
                minor: try attribute(CCUDA_capability_minor, of: handle))
        }
    }

    func attribute(_ attribute: some BinaryInteger, of device: Int32) throws -> Int32 {
        var value: Int32 = 0
        try check(functions.DeviceGetAttribute(&value, Int32(attribute), device), "attribute \(attribute)")
        return value
    }

    /// Turns the driver's failure into an error that says whether the device can still be used.
    func check(_ result: CCUDA_result, _ what: @autoclosure () -> String) throws {
        guard result != 0 else { return }
        throw EngineError(Self.code(result), "\(what()): CUDA says: \(text(result))")
    }

    /// After errors in a kernel the driver answers everything with the same error until the process ends.
    static func code(_ result: CCUDA_result) -> EngineError.Code {
        switch Int(result) {
        case CCUDA_error_out_of_memory: .outOfMemory
        // An ECC error, a contained error, errors of a kernel (addresses, instructions, time), an unknown one.
        case 214, 220, 226, 700, 702, 710, 714...719, 721, 999: .deviceLost
        default: .runFailed
        }
    }

    private func text(_ result: CCUDA_result) -> String {
        var text: UnsafePointer<CChar>?
        guard functions.GetErrorString(result, &text) == 0, let text else { return "error \(result)" }
        return "\(String(cString: text)) (\(result))"
    }
}
