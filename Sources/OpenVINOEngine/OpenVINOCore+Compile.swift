import COpenVINO
import Graph

extension OpenVINOCore {
    /// Reads a model from memory and compiles it, or takes it from the cache.
    func compile(
        xml: String, constants: borrowing LoadedConstants, options: OpenVINOOptions, cache: CompiledModelCache?,
        label: String
    ) throws -> OpaquePointer {
        let functions = library.functions
        let tensor = try library.makeTensor(over: constants.bytes, TensorType([constants.bytes.count], .uint8))
        defer { functions.tensor_free(tensor) }

        var model: OpaquePointer?
        var xml = xml
        try xml.withUTF8 { bytes in
            try bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return }
                try library.check(
                    functions.core_read_model_from_memory_buffer(handle, start, characters.count, tensor, &model),
                    .compileFailed, "the graph \(label) could not be read")
            }
        }
        guard let model else { throw EngineError(.compileFailed, "the graph \(label) could not be read") }
        defer { functions.model_free(model) }

        var compiled: OpaquePointer?
        var list = options.properties
        if let cache, cache.takes(constants.bytes.count, options.precision) {
            list.append((key: "CACHE_DIR", value: cache.path))
        }
        try withProperties(list) { properties in
            try library.check(
                functions.core_compile_model_props(
                    handle, model, options.device, properties.count, properties.baseAddress, &compiled),
                .compileFailed, "the graph \(label) could not be compiled for \(options.device)")
        }
        guard let compiled else { throw EngineError(.compileFailed, "the graph \(label) could not be compiled") }
        return compiled
    }

    private func withProperties<Result>(
        _ properties: [(key: String, value: String)],
        _ body: (UnsafeBufferPointer<COpenVINO_property>) throws -> Result
    ) rethrows -> Result {
        let strings = properties.map { (Array($0.key.utf8CString), Array($0.value.utf8CString)) }
        func descend(_ list: [COpenVINO_property]) throws -> Result {
            guard list.count < strings.count else { return try list.withUnsafeBufferPointer(body) }
            let (key, value) = strings[list.count]
            return try key.withUnsafeBufferPointer { key in
                try value.withUnsafeBufferPointer { value in
                    guard let key = key.baseAddress, let value = value.baseAddress else { return try descend(list) }
                    return try descend(list + [COpenVINO_property(key: key, value: value)])
                }
            }
        }
        return try descend([])
    }
}

extension OpenVINOOptions {
    /// OpenVINO's own names and spellings.
    var properties: [(key: String, value: String)] {
        var result = [
            (key: "PERFORMANCE_HINT", value: "LATENCY"),
            (key: "INFERENCE_PRECISION_HINT", value: precision.rawValue),
        ]
        if device == "CPU" {
            result.append((key: "NUM_STREAMS", value: "1"))
            // Where weights are int8 it would round what they are multiplied by to int8 as well, for speed.
            result.append((key: "DYNAMIC_QUANTIZATION_GROUP_SIZE", value: "0"))
            if let threads { result.append((key: "INFERENCE_NUM_THREADS", value: String(threads))) }
        }
        return result
    }
}
