import CONNXRuntime
import Graph

/// A compiled model.
///
/// Unchecked: a session may be used from any thread.
final class ONNXRuntimeExecutable: Executable, @unchecked Sendable {
    let graphInputs: [String: TensorType]
    let graphOutputs: [String: TensorType]
    let label: String
    let device: ONNXRuntimeDevice
    let session: OpaquePointer
    private let constants: LoadedConstants?
    private let graph: Graph

    init(
        device: ONNXRuntimeDevice, session: OpaquePointer, constants: LoadedConstants?, graph: Graph,
        label: String
    ) {
        (self.device, self.session, self.label, self.graph) = (device, session, label, graph)
        self.constants = constants
        graphInputs = graph.inputTypes
        graphOutputs = graph.outputTypes
    }

    deinit { device.exclusively { device.library.functions.ReleaseSession(session) } }

    func bind(_ buffers: [String: any Buffer]) throws -> any Invocation {
        let binding: OpaquePointer = try device.library.made(.runFailed, "\(label) could not be bound") {
            device.library.functions.CreateIoBinding(session, $0)
        }
        // From here on the invocation owns the binding.
        let invocation = ONNXRuntimeInvocation(executable: self, binding: binding)
        for (index, input) in graph.inputs.enumerated() {
            try invocation.bind(input: index, to: try buffer(for: input, among: buffers))
        }
        for (index, output) in graph.outputs.enumerated() {
            try invocation.bind(output: index, to: try buffer(for: output, among: buffers))
        }
        return invocation
    }

    private func buffer(for binding: Graph.Binding, among buffers: [String: any Buffer]) throws -> ONNXRuntimeBuffer {
        guard let buffer = buffers[binding.name] as? ONNXRuntimeBuffer else {
            throw GraphError(.unknownName, "no buffer of this engine was given", at: binding.name)
        }
        let type = graph[binding.value].type
        guard buffer.type == type else {
            throw GraphError(.typeMismatch, "needs \(type), was given \(buffer.type)", at: binding.name)
        }
        return buffer
    }
}

/// A session with its tensors bound.
///
/// Unchecked: the contract lets one thread at a time run an invocation.
final class ONNXRuntimeInvocation: Invocation, @unchecked Sendable {
    private let executable: ONNXRuntimeExecutable
    private let binding: OpaquePointer
    /// Kept alive: the binding points to their tensors.
    private var buffers: [ONNXRuntimeBuffer] = []

    init(executable: ONNXRuntimeExecutable, binding: OpaquePointer) {
        (self.executable, self.binding) = (executable, binding)
    }

    deinit { executable.device.library.functions.ReleaseIoBinding(binding) }

    func bind(input index: Int, to buffer: ONNXRuntimeBuffer) throws {
        let library = executable.device.library
        try executable.device.exclusively {
            try library.check(
                library.functions.BindInput(binding, GraphLowering.inputName(index), buffer.value), .runFailed,
                "input \(index) of \(executable.label) could not be bound to \(buffer.type)")
        }
        buffers.append(buffer)
    }

    func bind(output index: Int, to buffer: ONNXRuntimeBuffer) throws {
        let library = executable.device.library
        try library.check(
            library.functions.BindOutput(binding, GraphLowering.outputName(index), buffer.value), .runFailed,
            "output \(index) of \(executable.label) could not be bound to \(buffer.type)")
        buffers.append(buffer)
    }

    func run() throws {
        let (device, library) = (executable.device, executable.device.library)
        try device.exclusively {
            try library.check(
                library.functions.RunWithBinding(executable.session, nil, binding), .runFailed,
                "\(executable.label) could not be run")
        }
    }
}

extension Graph {
    /// Whether sines are taken in it: a timestep of 499 radians is 499.0 or 499.5 in float16, another angle altogether.
    var hasAngles: Bool {
        nodes.contains { node in
            switch node.operation {
            case .unary(.sin), .unary(.cos): true
            default: false
            }
        }
    }
}
