import CONNXRuntime
import Graph
import Synchronization

/// One of a provider's devices: how sessions are made for it, its memory, and whose turn it is.
///
/// Unchecked: set up before it is shared; what the device cannot do at once is done by `exclusively`.
final class ONNXRuntimeDevice: @unchecked Sendable {
    let library: ONNXRuntimeLibrary
    let options: ONNXRuntimeOptions
    /// Of the host's memory.
    let hostInfo: OpaquePointer
    /// Gives the device's memory; nil where that is the host's.
    private(set) var allocator: OpaquePointer?
    /// The allocator lives as long as a session does.
    private var keeper: OpaquePointer?
    private let turn = Mutex(())
    private var adapter: WebGPUAdapter?

    /// For people: "webgpu: AMD Radeon …".
    var name: String { adapter.map { "\(options.device): \($0.device)" } ?? options.device }

    /// - Throws: `EngineError.notFound` where the library has no such provider, or the provider no such device.
    init(_ library: ONNXRuntimeLibrary, _ options: ONNXRuntimeOptions) throws {
        (self.library, self.options) = (library, options)
        let functions = library.functions
        let providers = try library.providers()
        guard providers.contains(options.provider.listed) else {
            let there = ONNXRuntimeOptions.Provider.allCases.filter { providers.contains($0.listed) }.map(\.rawValue)
            throw EngineError(
                .notFound,
                "ONNX Runtime at \(library.path) was built without \(options.provider.rawValue): it has "
                    + "\(there.joined(separator: ", ")). Choose one of those as --device, or install "
                    + "\(options.provider.package).")
        }
        hostInfo = try library.made(.runFailed, "the host's memory could not be described") {
            functions.CreateMemoryInfo(
                "Cpu", Int32(CONNXRuntime_device_allocator), 0, Int32(CONNXRuntime_default_memory), $0)
        }
        if options.provider == .webgpu { adapter = try WebGPUAdapter(options) }
        guard let memoryName = options.provider.memoryName else { return }
        let keeper = try makeKeeper()
        self.keeper = keeper
        let info: OpaquePointer = try library.made(.runFailed, "the device's memory could not be described") {
            functions.CreateMemoryInfo(
                memoryName, Int32(CONNXRuntime_device_allocator), 0, Int32(CONNXRuntime_default_memory), $0)
        }
        allocator = try library.made(.runFailed, "the device's memory could not be had") {
            functions.CreateAllocator(keeper, info, $0)
        }
    }

    /// A session is made and run, and memory is moved, by one thread at a time where the provider wants that: WebGPU
    /// records the commands of all sessions in one list.
    func exclusively<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard options.provider != .cpu else { return try body() }
        return try turn.withLock { _ in try body() }
    }

    /// Copies between the host's memory and the device's, or within it.
    func copy(_ source: OpaquePointer, to target: OpaquePointer) throws {
        var (sources, targets): ([OpaquePointer], [OpaquePointer]) = ([source], [target])
        try exclusively {
            try library.check(
                library.functions.CopyTensors(library.environment, &sources, &targets, nil, 1), .runFailed,
                "a tensor could not be copied")
        }
    }

    /// Compiles a model.
    /// - Throws: `EngineError.compileFailed`, naming the nodes that the device does not have.
    func makeSession(_ model: OpaquePointer, label: String) throws -> OpaquePointer {
        do {
            return try makeSession(model, label: label, options.sessionEntries)
        } catch {
            guard options.provider != .cpu else { throw error }
            let left = (try? nodesLeftToTheCPU(model, label: label)) ?? []
            guard !left.isEmpty else { throw error }
            throw EngineError(
                .compileFailed,
                "\(options.device) lacks what \(label) needs: \(left.joined(separator: ", ")); choose another --device")
        }
    }

    private func makeSession(
        _ model: OpaquePointer, label: String, _ entries: [(key: String, value: String)]
    ) throws -> OpaquePointer {
        let options = try makeOptions(entries)
        defer { library.functions.ReleaseSessionOptions(options) }
        return try exclusively {
            try library.made(.compileFailed, "the graph \(label) could not be compiled for \(self.options.device)") {
                library.functions.CreateSessionFromModel(library.environment, model, options, $0)
            }
        }
    }

    /// The nodes that ONNX Runtime would run on the CPU, were it allowed to: the operator of each and its name.
    private func nodesLeftToTheCPU(_ model: OpaquePointer, label: String) throws -> [String] {
        let session = try makeSession(model, label: label, [("session.record_ep_graph_assignment_info", "1")])
        defer { exclusively { library.functions.ReleaseSession(session) } }
        let functions = library.functions
        var parts: UnsafePointer<OpaquePointer>?
        var count = 0
        try library.check(
            functions.Session_GetEpGraphAssignmentInfo(session, &parts, &count), .compileFailed, "no assignment")
        var result: [String] = []
        for index in 0..<count {
            guard let part = parts?[index] else { continue }
            var provider: UnsafePointer<CChar>?
            try library.check(functions.EpAssignedSubgraph_GetEpName(part, &provider), .compileFailed, "no provider")
            guard let provider, String(cString: provider) == ONNXRuntimeOptions.Provider.cpu.listed else { continue }
            var nodes: UnsafePointer<OpaquePointer>?
            var nodeCount = 0
            try library.check(
                functions.EpAssignedSubgraph_GetNodes(part, &nodes, &nodeCount), .compileFailed, "no nodes")
            for number in 0..<nodeCount {
                guard let node = nodes?[number] else { continue }
                var (name, operation): (UnsafePointer<CChar>?, UnsafePointer<CChar>?)
                try library.check(functions.EpAssignedNode_GetName(node, &name), .compileFailed, "no name")
                try library.check(functions.EpAssignedNode_GetOperatorType(node, &operation), .compileFailed, "no type")
                if let name, let operation { result.append("\(String(cString: operation)) (\(String(cString: name)))") }
            }
        }
        return result
    }

    private func makeOptions(_ entries: [(key: String, value: String)]) throws -> OpaquePointer {
        let functions = library.functions
        let result: OpaquePointer = try library.made(.compileFailed, "no options") {
            functions.CreateSessionOptions($0)
        }
        do {
            let what = "an option was refused"
            try library.check(
                functions.SetSessionGraphOptimizationLevel(result, Int32(CONNXRuntime_all_optimizations)),
                .compileFailed, what)
            if let threads = options.threads {
                try library.check(functions.SetIntraOpNumThreads(result, Int32(threads)), .compileFailed, what)
            }
            for (key, value) in entries {
                try library.check(functions.AddSessionConfigEntry(result, key, value), .compileFailed, what)
            }
            if let name = options.provider.optionName {
                let entries = options.providerEntries + (adapter?.entries ?? [])
                try withCStrings(entries.map(\.key)) { keys in
                    try withCStrings(entries.map(\.value)) { values in
                        try library.check(
                            functions.SessionOptionsAppendExecutionProvider(result, name, keys, values, entries.count),
                            .notFound, "\(self.name) could not be opened")
                    }
                }
            }
        } catch {
            functions.ReleaseSessionOptions(result)
            throw error
        }
        return result
    }

    /// A program of nothing: opens the device.
    private func makeKeeper() throws -> OpaquePointer {
        let builder = GraphBuilder()
        builder.output("y", builder.input("x", TensorType([1]), from: .frame))
        var lowering = GraphLowering(builder.finish(), types: options.types(.float32), largestScores: 1)
        let lowered = try lowering.lowered()
        let constants = try LoadedConstants(lowered.constants)
        let model = try ModelEditor(library, memoryInfo: hostInfo).make(lowered, constants: constants.bytes)
        defer { library.functions.ReleaseModel(model) }
        return try makeSession(model, label: "of the device's memory")
    }

    deinit {
        if let allocator { library.functions.ReleaseAllocator(allocator) }
        if let keeper { library.functions.ReleaseSession(keeper) }
    }
}

extension ONNXRuntimeOptions {
    /// What a user calls the device: "webgpu", "cuda:1".
    package var device: String { index == 0 ? provider.rawValue : "\(provider.rawValue):\(index)" }

    /// - Parameter precision: what is computed in; the options' own unless a graph needs more.
    func types(_ precision: Precision) -> DeviceTypes {
        let floatingPoint = precision == .float16 ? DataType.float16 : .float32
        return DeviceTypes(
            floatingPoint: floatingPoint, hasOnlyInt32: provider == .webgpu, hasRound: provider != .webgpu,
            normalising: provider == .cpu ? .float32 : floatingPoint)
    }

    var sessionEntries: [(key: String, value: String)] {
        // What the provider does not take would run on the CPU without a message.
        provider == .cpu ? [] : [("session.disable_cpu_ep_fallback", "1")]
    }

    var providerEntries: [(key: String, value: String)] {
        switch provider {
        case .cpu, .webgpu: []
        case .cuda, .tensorrt: [("device_id", String(index))]
        }
    }
}

extension ONNXRuntimeOptions.Provider {
    /// What `SessionOptionsAppendExecutionProvider` calls it; the CPU's is always there.
    var optionName: String? {
        switch self {
        case .cpu: nil
        case .webgpu: "WebGPU"
        case .cuda: "CUDAExecutionProvider"
        case .tensorrt: "TensorrtExecutionProvider"
        }
    }

    /// What its memory is called; nil for the host's.
    var memoryName: String? {
        switch self {
        case .cpu: nil
        case .webgpu: "WebGPU_Buf"
        case .cuda, .tensorrt: "Cuda"
        }
    }

    /// The wheel that has it.
    var package: String {
        switch self {
        case .cpu: "onnxruntime"
        case .webgpu: "onnxruntime-webgpu"
        case .cuda, .tensorrt: "onnxruntime-gpu"
        }
    }
}
