import CONNXRuntime
import Graph

extension ONNXRuntimeLibrary {
    /// A tensor that reads and writes memory of ours, which must outlive it.
    func makeTensor(
        over memory: UnsafeMutableRawBufferPointer, _ type: TensorType, _ memoryInfo: OpaquePointer
    ) throws -> OpaquePointer {
        guard let start = memory.baseAddress else { throw EngineError(.runFailed, "a tensor without memory") }
        let dimensions = type.shape.dimensions.map(Int64.init)
        return try made(.runFailed, "no tensor \(type) could be made") {
            functions.CreateTensorWithDataAsOrtValue(
                memoryInfo, start, type.byteCount, dimensions, dimensions.count, type.dataType.onnxCode, $0)
        }
    }

    /// A tensor of its own memory on the host.
    func makeTensor(copying bytes: UnsafeMutableRawBufferPointer, _ type: TensorType) throws -> OpaquePointer {
        let allocator: OpaquePointer = try made(.outOfMemory, "no memory could be had") {
            functions.GetAllocatorWithDefaultOptions($0)
        }
        let value = try makeTensor(type, by: allocator)
        do {
            var data: UnsafeMutableRawPointer?
            try check(functions.GetTensorMutableData(value, &data), .runFailed, "a tensor \(type) has no memory")
            if let data, let start = bytes.baseAddress { data.copyMemory(from: start, byteCount: type.byteCount) }
        } catch {
            functions.ReleaseValue(value)
            throw error
        }
        return value
    }

    /// A tensor in memory that `allocator` gives.
    func makeTensor(_ type: TensorType, by allocator: OpaquePointer) throws -> OpaquePointer {
        let dimensions = type.shape.dimensions.map(Int64.init)
        return try made(.outOfMemory, "no memory for \(type) could be had") {
            functions.CreateTensorAsOrtValue(allocator, dimensions, dimensions.count, type.dataType.onnxCode, $0)
        }
    }
}
