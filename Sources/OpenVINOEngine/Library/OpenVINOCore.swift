import COpenVINO
import Graph

/// OpenVINO's `ov::Core`: the devices and their plugins.
///
/// Unchecked: OpenVINO's core may be used from any thread.
final class OpenVINOCore: @unchecked Sendable {
    let library: OpenVINOLibrary
    let handle: OpaquePointer

    init(_ library: OpenVINOLibrary) throws {
        var handle: OpaquePointer?
        try library.check(library.functions.core_create(&handle), .notFound, "\(library.path) could not be started")
        guard let handle else { throw EngineError(.notFound, "\(library.path) could not be started") }
        self.library = library
        self.handle = handle
    }

    deinit { library.functions.core_free(handle) }

    func devices() throws -> [OpenVINO.Device] {
        var list = COpenVINO_devices()
        try library.check(
            library.functions.core_get_available_devices(handle, &list), .notFound, "no devices could be listed")
        defer { library.functions.available_devices_free(&list) }
        guard let names = list.names else { return [] }
        return (0..<list.count).compactMap { index in
            guard let name = names[index].map({ String(cString: $0) }) else { return nil }
            let capabilities = property("OPTIMIZATION_CAPABILITIES", of: name) ?? ""
            return OpenVINO.Device(
                name: name, fullName: property("FULL_DEVICE_NAME", of: name) ?? name,
                capabilities: capabilities.split(separator: " ").map(String.init))
        }
    }

    /// A property's value as text, or nil where the device does not have it.
    func property(_ key: String, of device: String) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard library.functions.core_get_property(handle, device, key, &value) == 0, let value else { return nil }
        defer { library.functions.free(value) }
        return String(cString: value).trimmingTrailingSpaces
    }
}

extension String {
    /// Device names come padded from the CPU's own registers.
    fileprivate var trimmingTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension OpenVINOCore {
    /// Reads a model from memory and compiles it, or takes it from the cache.
    func compile(
        xml: String, constants: borrowing LoadedConstants, options: OpenVINOOptions,
        precision: OpenVINOOptions.Precision, cache: CompiledModelCache?, label: String
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
        var list = options.properties(precision)
        if let cache, cache.takes(constants.bytes.count, precision) {
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
    func properties(_ precision: Precision) -> [(key: String, value: String)] {
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
