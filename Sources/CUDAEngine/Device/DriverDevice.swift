import CCUDA
import Dispatch
import Graph
import Synchronization

/// A GPU of the machine, through CUDA's driver.
///
/// Unchecked: handles are the driver's own, which may be used from any thread; tables that change have a lock.
final class DriverDevice: CUDADevice, @unchecked Sendable {
    let traits: DeviceTraits
    let description: String
    let driver: CUDADriver
    private let compiler: KernelCompiler
    private let cache: KernelCache?
    private let architecture: String
    private let context: OpaquePointer
    /// For copies and single runs, one at a time.
    private let stream: Mutex<OpaquePointer>
    private let modules = Mutex<[KernelModule: LoadedModule]>([:])

    /// Unchecked: the driver's handle is written once and may be used from any thread.
    private struct LoadedModule: @unchecked Sendable {
        let handle: OpaquePointer
    }

    /// Kernels use asynchronous copies and bfloat16, which came with Ampere.
    private static let oldestMajor = 8

    /// - Throws: `EngineError.notFound` where no GPU is new enough.
    /// - Parameter index: among the GPUs that are new enough, in the driver's order.
    init(_ libraries: CUDA.Libraries, index: Int, cacheFolder: String?) throws {
        (driver, compiler) = (libraries.driver, libraries.compiler)
        cache = cacheFolder.flatMap(KernelCache.init)
        let devices = try driver.devices()
        let usable = devices.filter { $0.major >= Self.oldestMajor }
        guard index == 0 || usable.count > index else {
            throw EngineError(
                .notFound, "there is no GPU \(index): \(usable.count) are new enough, numbered from 0")
        }
        guard let device = usable.dropFirst(index).first else {
            let names = devices.map(\.description).joined(separator: ", ")
            throw EngineError(
                .notFound,
                "no GPU of compute capability \(Self.oldestMajor).0 or newer was found, only: "
                    + (names.isEmpty ? "none" : names))
        }
        architecture = device.architecture
        traits = DeviceTraits(
            processors: Int(try driver.attribute(CCUDA_multiprocessor_count, of: device.handle)))
        description =
            "\(device.description), driver for CUDA \(try driver.version()), NVRTC \(compiler.version) from "
            + compiler.path
        var context: OpaquePointer?
        try driver.check(
            driver.functions.DevicePrimaryCtxRetain(&context, device.handle), "\(device.name) could not be opened")
        guard let context else { throw EngineError(.notFound, "\(device.name) could not be opened") }
        self.context = context
        try driver.check(driver.functions.CtxSetCurrent(context), "\(device.name) could not be opened")
        stream = Mutex(try Self.makeStream(driver))
    }

    // MARK: Memory

    func allocate(_ byteCount: Int) throws -> UInt64 {
        try enter()
        var address: UInt64 = 0
        var result = driver.functions.MemAlloc(&address, byteCount)
        if Int(result) == CCUDA_error_out_of_memory {
            // What was freed by work that is still under way comes back.
            _ = driver.functions.CtxSynchronize()
            result = driver.functions.MemAlloc(&address, byteCount)
        }
        guard Int(result) != CCUDA_error_out_of_memory else {
            throw EngineError(
                .outOfMemory,
                "\(byteCount >> 20) MiB of the GPU's memory could not be had; use a smaller --size, or end what else "
                    + "uses the GPU")
        }
        try driver.check(result, "\(byteCount >> 20) MiB of the GPU's memory could not be had")
        return address
    }

    func free(_ address: UInt64) {
        // A lost device has no memory to give back.
        guard (try? enter()) != nil else { return }
        _ = driver.functions.MemFree(address)
    }

    func write(_ bytes: UnsafeRawBufferPointer, to address: UInt64) throws {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        try onStream("numbers could not be sent to the GPU") {
            driver.functions.MemcpyHtoDAsync(address, start, bytes.count, $0)
        }
    }

    func read(_ address: UInt64, into bytes: UnsafeMutableRawBufferPointer) throws {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        try onStream("numbers could not be read from the GPU") {
            driver.functions.MemcpyDtoHAsync(start, address, bytes.count, $0)
        }
    }

    func clear(_ address: UInt64, byteCount: Int) throws {
        try onStream("the GPU's memory could not be cleared") {
            driver.functions.MemsetD8Async(address, 0, byteCount, $0)
        }
    }

    // MARK: Kernels

    func prepare(_ wanted: Set<KernelModule>) throws {
        let missing = modules.withLock { known in wanted.filter { known[$0] == nil } }
        let failure = Mutex<(any Error)?>(nil)
        let ordered = Array(missing)
        // Each takes the compiler about a second.
        DispatchQueue.concurrentPerform(iterations: ordered.count) { index in
            do {
                try enter()
                let module = try load(ordered[index])
                modules.withLock { $0[ordered[index]] = module }
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func load(_ module: KernelModule) throws -> LoadedModule {
        let compile = { [compiler, architecture] in
            try compiler.compile(module, architecture: architecture).cubin
        }
        let cubin =
            try cache?.cubin(
                module, architecture: architecture, compilerVersion: compiler.version, compile: compile) ?? compile()
        var handle: OpaquePointer?
        try cubin.withUnsafeBytes { bytes in
            guard let image = bytes.baseAddress else { return }
            try driver.check(driver.functions.ModuleLoadData(&handle, image), "\(module.source) could not be loaded")
        }
        guard let handle else { throw EngineError(.compileFailed, "\(module.source) could not be loaded") }
        return LoadedModule(handle: handle)
    }

    private func function(of launch: ResolvedLaunch) throws -> OpaquePointer {
        guard let module = modules.withLock({ $0[launch.module] }) else {
            throw EngineError(.runFailed, "\(launch.function) was not compiled")
        }
        var function: OpaquePointer?
        try driver.check(
            driver.functions.ModuleGetFunction(&function, module.handle, launch.function),
            "no kernel \(launch.function)")
        guard let function else { throw EngineError(.runFailed, "no kernel \(launch.function)") }
        // What kernels get unasked.
        if launch.sharedBytes > 48 << 10 {
            try driver.check(
                driver.functions.FuncSetAttribute(
                    function, Int32(CCUDA_function_shared_memory), Int32(launch.sharedBytes)),
                "\(launch.function) needs \(launch.sharedBytes >> 10) KiB of shared memory")
        }
        return function
    }

    /// Unchecked: as a module's.
    private struct LoadedLaunch: @unchecked Sendable {
        let function: OpaquePointer
        let launch: ResolvedLaunch
    }

    private func load(_ launches: [ResolvedLaunch]) throws -> [LoadedLaunch] {
        try launches.map { LoadedLaunch(function: try function(of: $0), launch: $0) }
    }

    private func start(_ launches: [LoadedLaunch], on stream: OpaquePointer) throws {
        for loaded in launches {
            let launch = loaded.launch
            var bytes = launch.parameters
            let result = bytes.withUnsafeMutableBytes { parameters in
                var argument = parameters.baseAddress
                return withUnsafeMutablePointer(to: &argument) { argument in
                    driver.functions.LaunchKernel(
                        loaded.function, UInt32(launch.grid[0]), UInt32(launch.grid[1]), UInt32(launch.grid[2]),
                        UInt32(launch.block[0]), UInt32(launch.block[1]), 1, UInt32(launch.sharedBytes), stream,
                        argument, nil)
                }
            }
            try driver.check(result, "\(launch.function) could not be launched")
        }
    }

    func run(_ launches: [ResolvedLaunch]) throws {
        try enter()
        let launches = try load(launches)
        try stream.withLock { stream in
            try start(launches, on: stream)
            try driver.check(driver.functions.StreamSynchronize(stream), "kernels failed")
        }
    }

    func record(_ launches: [ResolvedLaunch]) throws -> any Recording {
        try enter()
        // Loading is not part of a recording.
        let launches = try load(launches)
        let stream = try Self.makeStream(driver)
        var graph: OpaquePointer?
        do {
            try driver.check(
                driver.functions.StreamBeginCapture(stream, Int32(CCUDA_capture_thread_local)), "no recording")
            // The capture has to end whatever happened in it.
            let started = Result { try start(launches, on: stream) }
            let ended = driver.functions.StreamEndCapture(stream, &graph)
            try started.get()
            try driver.check(ended, "the recording failed")
            return try DriverRecording(self, stream: stream, graph: graph)
        } catch {
            if let graph { _ = driver.functions.GraphDestroy(graph) }
            _ = driver.functions.StreamDestroy(stream)
            throw error
        }
    }

    // MARK: Threads and streams

    /// Makes the device this thread's.
    func enter() throws { try driver.check(driver.functions.CtxSetCurrent(context), "the GPU could not be used") }

    private func onStream(_ what: String, _ body: (OpaquePointer) -> CCUDA_result) throws {
        try enter()
        try stream.withLock { stream in
            try driver.check(body(stream), what)
            try driver.check(driver.functions.StreamSynchronize(stream), what)
        }
    }

    private static func makeStream(_ driver: CUDADriver) throws -> OpaquePointer {
        var stream: OpaquePointer?
        try driver.check(
            driver.functions.StreamCreate(&stream, UInt32(CCUDA_stream_non_blocking)), "no stream could be made")
        guard let stream else { throw EngineError(.runFailed, "no stream could be made") }
        return stream
    }
}

/// A captured CUDA graph, and the stream that it is replayed on.
///
/// Unchecked: one thread at a time runs it.
final class DriverRecording: Recording, @unchecked Sendable {
    private let device: DriverDevice
    private let stream, executable: OpaquePointer

    /// Takes the stream over, and the graph apart.
    init(_ device: DriverDevice, stream: OpaquePointer, graph: OpaquePointer?) throws {
        let functions = device.driver.functions
        var executable: OpaquePointer?
        if let graph {
            try device.driver.check(
                functions.GraphInstantiateWithFlags(&executable, graph, 0), "the recording could not be made to run")
        }
        guard let graph, let executable else { throw EngineError(.runFailed, "the recording is empty") }
        _ = functions.GraphDestroy(graph)
        (self.device, self.stream, self.executable) = (device, stream, executable)
    }

    deinit {
        guard (try? device.enter()) != nil else { return }
        _ = device.driver.functions.GraphExecDestroy(executable)
        _ = device.driver.functions.StreamDestroy(stream)
    }

    func run() throws {
        try device.enter()
        let driver = device.driver
        try driver.check(driver.functions.GraphLaunch(executable, stream), "the recording could not be started")
        try driver.check(driver.functions.StreamSynchronize(stream), "the recording failed")
    }
}
