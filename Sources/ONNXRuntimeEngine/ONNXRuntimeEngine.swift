import CONNXRuntime
import EngineSupport
package import Graph

/// Runs graphs on ONNX Runtime: any GPU with a Vulkan driver, CPUs, and whatever else it has a provider for.
package final class ONNXRuntimeEngine: Engine {
    package let name = "onnxruntime"
    package let description: String
    private let device: ONNXRuntimeDevice

    /// - Throws: `EngineError.notFound` where ONNX Runtime or the device is missing, with what to do about it.
    package init(
        options: ONNXRuntimeOptions = ONNXRuntimeOptions(),
        environment: [String: String] = ProcessEnvironment.current
    ) throws {
        let library = try ONNXRuntime.open(environment: environment)
        device = try ONNXRuntimeDevice(library, options)
        description = "ONNX Runtime \(library.version) on \(device.name), from \(library.path)"
    }

    /// A session has its weights twice while it is made.
    package var largestPiece: Int? { 640 << 20 }

    package func makeBuffer(_ type: TensorType) throws -> any Buffer { try ONNXRuntimeBuffer(type, device: device) }

    package func compile(_ graph: Graph, label: String) throws -> any Executable {
        let library = device.library
        let precision = graph.isBeyondFloat16 || graph.hasAngles ? .float32 : device.options.precision
        var lowering = GraphLowering(
            graph, types: device.options.types(precision), largestScores: device.options.largestScores)
        let lowered = try lowering.lowered()
        let constants = try LoadedConstants(lowered.constants)
        let model = try ModelEditor(library, memoryInfo: device.hostInfo).make(lowered, constants: constants.bytes)
        defer { library.functions.ReleaseModel(model) }
        let session = try device.makeSession(model, label: label)
        // A device with memory of its own has copied them; the host's are read in place.
        let executable = ONNXRuntimeExecutable(
            device: device, session: session, constants: device.allocator == nil ? constants : nil, graph: graph,
            label: label)
        if device.allocator != nil { try warmUp(executable) }
        return executable
    }

    /// A GPU's programs are translated when they first run, which takes seconds: no frame should wait for that.
    private func warmUp(_ executable: ONNXRuntimeExecutable) throws {
        let types = executable.graphInputs.merging(executable.graphOutputs) { first, _ in first }
        try executable.bind(types.mapValues { try makeBuffer($0) }).run()
    }
}

/// Finding ONNX Runtime on this machine.
package enum ONNXRuntime {
    /// What was found, for `restyled doctor`.
    package struct Installation: Sendable {
        /// The file that was opened.
        package let library: String
        /// As ONNX Runtime writes it: "1.27.0".
        package let version: String
        package let providers: [ONNXRuntimeOptions.Provider]
    }

    /// - Throws: `EngineError.notFound`, with the command that installs it.
    package static func locate(
        environment: [String: String] = ProcessEnvironment.current
    ) throws -> Installation {
        let library = try open(environment: environment)
        let names = try library.providers()
        return Installation(
            library: library.path, version: library.version,
            providers: ONNXRuntimeOptions.Provider.allCases.filter { names.contains($0.listed) })
    }

    /// The first ONNX Runtime that opens; a place that the user named is the only one tried.
    static func open(environment: [String: String]) throws -> ONNXRuntimeLibrary {
        try ONNXRuntimeSearch(environment: environment).first(ONNXRuntimeLibrary.init(path:))
    }
}
