import COpenVINO
import Graph
import Synchronization

/// A compiled model.
///
/// Unchecked: an `ov::CompiledModel` may be used from any thread.
final class OpenVINOExecutable: Executable, @unchecked Sendable {
    let graphInputs: [String: TensorType]
    let graphOutputs: [String: TensorType]
    let label: String
    let core: OpenVINOCore
    private let handle: OpaquePointer
    private let constants: LoadedConstants
    /// Whether no run has shown yet that the released constants are not read any more.
    private let needsCheck: Mutex<Bool>
    private let graph: Graph

    init(
        core: OpenVINOCore, handle: OpaquePointer, constants: consuming LoadedConstants, isReleased: Bool, graph: Graph,
        label: String
    ) {
        (self.core, self.handle, self.label) = (core, handle, label)
        self.constants = constants
        needsCheck = Mutex(isReleased)
        graphInputs = graph.inputTypes
        graphOutputs = graph.outputTypes
        self.graph = graph
    }

    deinit { core.library.functions.compiled_model_free(handle) }

    /// Runs `body`, the first time twice if it turns out that the device still reads what was released.
    func run(_ body: () throws -> Void) throws {
        let isChecked = try needsCheck.withLock { needsCheck in
            guard needsCheck else { return false }
            try body()
            if try constants.restoreTouched() > 0 { try body() }
            needsCheck = false
            return true
        }
        if !isChecked { try body() }
    }

    func bind(_ buffers: [String: any Buffer]) throws -> any Invocation {
        let functions = core.library.functions
        var request: OpaquePointer?
        try core.library.check(
            functions.compiled_model_create_infer_request(handle, &request), .runFailed, "\(label) could not be bound")
        guard let request else { throw EngineError(.runFailed, "\(label) could not be bound") }
        // From here on the invocation owns the request.
        let invocation = OpenVINOInvocation(executable: self, request: request)
        var inputs: [Graph.Value: OpenVINOBuffer] = [:]
        for (index, input) in graph.inputs.enumerated() {
            let buffer = try buffer(for: input, among: buffers)
            try invocation.bind(input: index, to: buffer)
            inputs[input.value] = buffer
        }
        for (index, output) in graph.outputs.enumerated() {
            let buffer = try buffer(for: output, among: buffers)
            try invocation.bind(output: index, to: buffer)
            if let input = inputs[output.value] { invocation.copy(input, to: buffer) }
        }
        return invocation
    }

    private func buffer(for binding: Graph.Binding, among buffers: [String: any Buffer]) throws -> OpenVINOBuffer {
        guard let buffer = buffers[binding.name] as? OpenVINOBuffer else {
            throw GraphError(.unknownName, "no buffer of this engine was given", at: binding.name)
        }
        let type = graph[binding.value].type
        guard buffer.type == type else {
            throw GraphError(.typeMismatch, "needs \(type), was given \(buffer.type)", at: binding.name)
        }
        return buffer
    }
}
