import CCUDA
import CUDAKernels
import Graph

/// NVRTC, opened.
///
/// Unchecked: the table is written once before it is shared, lives as long as the process, and NVRTC may be called from any
/// thread.
package final class KernelCompiler: @unchecked Sendable {
    package let path: String
    /// "13.0"
    package let version: String
    private let table: UnsafePointer<CCUDA_nvrtc>

    /// What became of a module.
    package struct Compiled: Sendable {
        package let cubin: [UInt8]
        /// The compiler's remarks: with `--ptxas-options=-v` how many registers each kernel takes.
        package let log: String
    }

    /// - Throws: `EngineError.notFound` with the linker's reason.
    package init(path: String) throws {
        var reason = [CChar](repeating: 0, count: 1024)
        guard let table = CCUDA_open_nvrtc(path, &reason, reason.count) else {
            throw EngineError(.notFound, String(cBytes: reason))
        }
        var (major, minor) = (Int32(0), Int32(0))
        guard table.pointee.Version(&major, &minor) == 0 else {
            throw EngineError(.notFound, "\(path) does not tell its version")
        }
        (self.path, self.table, version) = (path, table, "\(major).\(minor)")
    }

    /// - Parameter architecture: "sm_90".
    /// - Throws: `EngineError.compileFailed` with the compiler's words.
    package func compile(_ module: KernelModule, architecture: String, options: [String] = []) throws -> Compiled {
        guard let source = KernelSources.files[module.source] else {
            throw EngineError(.compileFailed, "there is no kernel source \(module.source)")
        }
        let headers = KernelSources.headers.sorted { $0.key < $1.key }
        var program: OpaquePointer?
        try Self.withCStrings(headers.map { Self.text($0.value) }) { texts in
            try Self.withCStrings(headers.map(\.key)) { names in
                try check(
                    table.pointee.CreateProgram(
                        &program, Self.text(source), module.source, Int32(headers.count), texts, names),
                    "\(module.source) could not be read")
            }
        }
        defer { _ = table.pointee.DestroyProgram(&program) }
        guard let program else { throw EngineError(.compileFailed, "\(module.source) could not be read") }
        let all = ["--gpu-architecture=\(architecture)", "--std=c++17"] + module.options + options
        let result = Self.withCStrings(all) { table.pointee.CompileProgram(program, Int32(all.count), $0) }
        let log = String(
            cBytes: try bytes("the log", program, table.pointee.GetProgramLogSize, table.pointee.GetProgramLog))
        guard result == 0 else {
            throw EngineError(
                .compileFailed,
                "NVRTC \(version) (\(path)) could not compile \(module.source) for \(architecture): "
                    + "\(String(cString: table.pointee.GetErrorString(result))) \(log)")
        }
        let cubin = try bytes("the result", program, table.pointee.GetCUBINSize, table.pointee.GetCUBIN)
        return Compiled(cubin: cubin.map(UInt8.init(bitPattern:)), log: log)
    }

    private func bytes(
        _ what: String, _ program: OpaquePointer,
        _ size: (OpaquePointer, UnsafeMutablePointer<Int>) -> CCUDA_result,
        _ read: (OpaquePointer, UnsafeMutablePointer<CChar>) -> CCUDA_result
    ) throws -> [CChar] {
        var count = 0
        try check(size(program, &count), "\(what) could not be had")
        var result = [CChar](repeating: 0, count: count)
        try check(read(program, &result), "\(what) could not be had")
        return result
    }

    private func check(_ result: CCUDA_result, _ what: String) throws {
        guard result != 0 else { return }
        throw EngineError(
            .compileFailed, "\(what): NVRTC says: \(String(cString: table.pointee.GetErrorString(result)))")
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> Result
    ) rethrows -> Result {
        let owned = strings.map { Array($0.utf8CString) }
        func descend(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) throws -> Result {
            guard index < owned.count else {
                return try (pointers + [nil]).withUnsafeBufferPointer { buffer in
                    // Never empty: it ends with nil.
                    try body(buffer.baseAddress.unsafelyUnwrapped)
                }
            }
            return try owned[index].withUnsafeBufferPointer { try descend(index + 1, pointers + [$0.baseAddress]) }
        }
        return try descend(0, [])
    }
}

extension String {
    /// Text that ends at the first zero.
    init(cBytes: [CChar]) {
        self.init(decoding: cBytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// The kernels' sources, which travel inside the program.
package enum KernelSources {
    /// By name, as they include each other.
    package static let files: [String: [UInt8]] = {
        var files: [String: [UInt8]] = [:]
        var next = cuda_kernel_files()
        while let file = next?.pointee, let name = file.name, let bytes = file.bytes {
            files[String(cString: name)] = Array(UnsafeBufferPointer(start: bytes, count: file.byte_count))
            next = next?.successor()
        }
        return files
    }()

    /// What the sources include.
    package static let headers = files.filter { !$0.key.hasSuffix(".cu") }
}
