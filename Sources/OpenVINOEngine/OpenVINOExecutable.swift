import COpenVINO
import EngineSupport
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

/// An infer request with its tensors set.
///
/// Unchecked: the contract lets one thread at a time run an invocation.
final class OpenVINOInvocation: Invocation, @unchecked Sendable {
    private let executable: OpenVINOExecutable
    private let request: OpaquePointer
    /// Kept alive: the request points into their memory.
    private var buffers: [OpenVINOBuffer] = []
    private var copies: [(from: OpenVINOBuffer, to: OpenVINOBuffer)] = []

    init(executable: OpenVINOExecutable, request: OpaquePointer) {
        (self.executable, self.request) = (executable, request)
    }

    deinit { executable.core.library.functions.infer_request_free(request) }

    func bind(input index: Int, to buffer: OpenVINOBuffer) throws {
        let library = executable.core.library
        try library.check(
            library.functions.infer_request_set_tensor(request, ModelWriter.inputName(index), buffer.tensor),
            .runFailed, "input \(index) of \(executable.label) could not be bound to \(buffer.type)")
        buffers.append(buffer)
    }

    /// By index: two outputs may be the same value, which has one name only.
    func bind(output index: Int, to buffer: OpenVINOBuffer) throws {
        let library = executable.core.library
        try library.check(
            library.functions.infer_request_set_output_tensor_by_index(request, index, buffer.tensor),
            .runFailed, "output \(index) of \(executable.label) could not be bound to \(buffer.type)")
        buffers.append(buffer)
    }

    /// OpenVINO leaves an output alone that is an input as it stands.
    func copy(_ input: OpenVINOBuffer, to output: OpenVINOBuffer) { copies.append((input, output)) }

    func run() throws {
        for (input, output) in copies { try output.write(input.bytes) }
        let library = executable.core.library
        try executable.run {
            try library.check(
                library.functions.infer_request_infer(request), .runFailed, "\(executable.label) could not be run")
        }
    }
}

extension OpenVINOLibrary {
    /// A tensor that reads and writes memory of ours, which must outlive it.
    func makeTensor(over memory: UnsafeMutableRawBufferPointer, _ type: TensorType) throws -> OpaquePointer {
        guard let start = memory.baseAddress else { throw EngineError(.runFailed, "a tensor without memory") }
        var tensor: OpaquePointer?
        let dimensions = type.shape.dimensions.map(Int64.init)
        try dimensions.withUnsafeBufferPointer { dimensions in
            let shape = COpenVINO_shape(rank: Int64(dimensions.count), dimensions: dimensions.baseAddress)
            try check(
                functions.tensor_create_from_host_ptr(type.dataType.openVINOCode, shape, start, &tensor), .runFailed,
                "no tensor \(type) could be made")
        }
        guard let tensor else { throw EngineError(.runFailed, "no tensor \(type) could be made") }
        return tensor
    }
}

/// A tensor over pages of our own; programs read and write it in place.
///
/// Unchecked: the contract lets one thread at a time touch a buffer or run what is bound to it.
final class OpenVINOBuffer: Buffer, @unchecked Sendable {
    let type: TensorType
    let tensor: OpaquePointer
    private let library: OpenVINOLibrary
    private let memory: HostMemory

    init(_ type: TensorType, library: OpenVINOLibrary) throws {
        let memory = try HostMemory(byteCount: type.byteCount)
        tensor = try library.makeTensor(over: memory.bytes, type)
        self.type = type
        self.library = library
        self.memory = memory
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[..<type.byteCount]) }

    deinit { library.functions.tensor_free(tensor) }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try requireSize(bytes.count)
        memory.bytes.copyMemory(from: bytes)
    }

    func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        try requireSize(bytes.count)
        bytes.copyMemory(from: self.bytes)
    }

    private func requireSize(_ count: Int) throws {
        guard count == type.byteCount else {
            throw EngineError(.runFailed, "\(count) bytes given for a buffer of \(type), which has \(type.byteCount)")
        }
    }
}
