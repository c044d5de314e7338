import CUDAEngine
import Foundation
import Graph
import Synchronization
import TestTools

/// The kernels compiled as C++ for the host, each module a library of its own.
final class EmulatedKernels: Sendable {
    static let shared = EmulatedKernels()
    /// The first C++ compiler on the path.
    static let compiler: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let files = ["c++", "g++", "clang++"].flatMap { name in folders.map { "\($0)/\(name)" } }
        return files.first { access($0, X_OK) == 0 }
    }()
    static let isPossible = compiler != nil

    private let libraries = Mutex<[KernelModule: Library]>([:])

    private struct Library: @unchecked Sendable {
        let handle: UnsafeMutableRawPointer
    }
    private typealias Launcher =
        @convention(c) (UnsafeRawPointer?, UnsafeRawPointer?) -> UnsafePointer<CChar>?

    func prepare(_ modules: Set<KernelModule>) throws {
        let missing = Array(libraries.withLock { known in modules.filter { known[$0] == nil } })
        let failure = Mutex<(any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: missing.count) { index in
            do {
                let library = try compile(missing[index])
                libraries.withLock { $0[missing[index]] = library }
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func compile(_ module: KernelModule) throws -> Library {
        guard let compiler = Self.compiler else { throw EngineError(.notFound, "there is no C++ compiler") }
        let folder = try TemporaryFolder()
        // In place of the engine's device.cuh the emulation's is found.
        for (name, bytes) in KernelSources.files where name != "device.cuh" { try folder.write(name, bytes) }
        let emulation = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Emulation").path
        let output = "\(folder.path)/kernels.so"
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(filePath: compiler)
        process.arguments =
            ["-std=c++17", "-O2", "-shared", "-fPIC", "-w", "-I", emulation, "-x", "c++"] + module.options
            + ["\(folder.path)/\(module.source)", "-o", output]
        process.standardError = errors
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0, let handle = dlopen(output, RTLD_NOW | RTLD_LOCAL) else {
            throw EngineError(.compileFailed, "\(module.source): \(String(decoding: text, as: UTF8.self))")
        }
        return Library(handle: handle)
    }

    /// Runs a kernel, block by block.
    func run(_ launch: ResolvedLaunch) throws {
        guard let library = libraries.withLock({ $0[launch.module] }),
            let symbol = dlsym(library.handle, "emulate_\(launch.function)")
        else { throw EngineError(.runFailed, "\(launch.function) was not prepared") }
        let launcher = unsafeBitCast(symbol, to: Launcher.self)
        let geometry = (launch.grid + launch.block + [1, launch.sharedBytes]).map(UInt32.init)
        let failure = launch.parameters.withUnsafeBytes { parameters in
            geometry.withUnsafeBytes { launcher(parameters.baseAddress, $0.baseAddress) }
        }
        if let failure { throw EngineError(.runFailed, "\(launch.function): \(String(cString: failure))") }
    }
}
