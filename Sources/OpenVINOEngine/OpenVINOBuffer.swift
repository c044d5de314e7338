import COpenVINO
import Graph

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
