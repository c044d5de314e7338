import COpenVINO
import Graph

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
