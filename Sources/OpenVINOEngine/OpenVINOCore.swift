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
