import CONNXRuntime
import Graph

/// An opened ONNX Runtime: its functions, and how their failures become errors.
///
/// Unchecked: the table is written once before it is shared, lives as long as the process, and ONNX Runtime's functions
/// may be called from any thread.
final class ONNXRuntimeLibrary: @unchecked Sendable {
    let path: String
    /// As ONNX Runtime writes it: "1.27.0".
    let version: String
    let environment: OpaquePointer
    private let table: UnsafePointer<CONNXRuntime_functions>
    var functions: CONNXRuntime_functions { table.pointee }

    /// - Throws: `EngineError.notFound` with the linker's reason, or where the release is too old.
    init(path: String) throws {
        var reason = [CChar](repeating: 0, count: 1024)
        var version: UnsafePointer<CChar>?
        guard let table = CONNXRuntime_open(path, &version, &reason, reason.count) else {
            let text = reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
            throw EngineError(.notFound, String(decoding: text, as: UTF8.self))
        }
        self.path = path
        self.table = table
        self.version = version.map { String(cString: $0) } ?? "of an unknown release"
        // Everything that goes wrong comes back as a status too, so its own messages would say it twice.
        let silent: CONNXRuntime_logger = { _, _, _, _, _, _ in }
        var environment: OpaquePointer?
        try Self.check(
            table.pointee,
            table.pointee.CreateEnvWithCustomLogger(
                silent, nil, Int32(CONNXRuntime_log_fatal), "restyled", &environment),
            .notFound, "\(path) could not be started")
        guard let environment else { throw EngineError(.notFound, "\(path) could not be started") }
        self.environment = environment
        try check(
            functions.DisableTelemetryEvents(environment), .notFound, "\(path) would not leave telemetry out")
    }

    /// The execution providers the library was built with, "CPUExecutionProvider" always among them.
    func providers() throws -> [String] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>>?
        var count: Int32 = 0
        try check(functions.GetAvailableProviders(&names, &count), .notFound, "no providers could be listed")
        guard let names else { return [] }
        defer { _ = functions.ReleaseAvailableProviders(names, count) }
        return (0..<Int(count)).map { String(cString: names[$0]) }
    }

    /// Turns ONNX Runtime's failure into an error carrying its own words.
    func check(_ status: CONNXRuntime_result?, _ code: EngineError.Code, _ what: @autoclosure () -> String) throws {
        try Self.check(functions, status, code, what())
    }

    /// What a function that makes something made.
    func made<Pointer>(
        _ code: EngineError.Code, _ what: @autoclosure () -> String,
        _ make: (UnsafeMutablePointer<Pointer?>) -> CONNXRuntime_result?
    ) throws -> Pointer {
        var result: Pointer?
        try check(make(&result), code, what())
        guard let result else { throw EngineError(code, what()) }
        return result
    }

    private static func check(
        _ functions: CONNXRuntime_functions, _ status: CONNXRuntime_result?, _ code: EngineError.Code,
        _ what: @autoclosure () -> String
    ) throws {
        guard let status else { return }
        let reason = String(cString: functions.GetErrorMessage(status))
        functions.ReleaseStatus(status)
        throw EngineError(Self.code(reason) ?? code, "\(what()): ONNX Runtime says: \(reason)\(Self.remedy(reason))")
    }

    /// What a reason tells beyond "it failed".
    private static func code(_ reason: String) -> EngineError.Code? {
        let reason = reason.lowercased()
        if reason.contains("device") && reason.contains("lost") { return .deviceLost }
        let memory = ["bad_alloc", "out of memory", "out_of_memory", "failed to allocate", "validationoom"]
        return memory.contains { reason.contains($0) } ? .outOfMemory : nil
    }

    private static func remedy(_ reason: String) -> String {
        switch code(reason) {
        case .outOfMemory: ". Use a smaller --size, or half the memory with --precision fp16."
        default: ""
        }
    }
}
