import CVulkan
import Graph

/// The GPUs that a Vulkan driver reaches: what WebGPU has to choose from.
package enum Vulkan {
    package struct Device: Sendable, Hashable, CustomStringConvertible {
        package enum Kind: Sendable, Hashable {
            case discrete, integrated, virtual, software, other
        }
        /// "AMD Radeon RX 7800 XT (RADV NAVI32)", say.
        package let name: String
        /// "radv Mesa 25.0.7": the driver with its version.
        package let driver: String
        package let kind: Kind
        /// "1.3": Vulkan's own version that the driver has.
        package let version: String
        /// Whether it computes in float16.
        package let hasFloat16: Bool
        /// Bytes that a program can have in one tensor.
        package let largestBuffer: Int
        /// Bytes of its memory, or of the part of the host's that is its.
        package let memory: Int

        package var description: String {
            let what =
                switch kind {
                case .discrete, .other: ""
                case .integrated: "integrated, "
                case .virtual: "of a virtual machine, "
                case .software: "software that runs on the CPU, "
                }
            return "\(name) (\(what)\(driver), Vulkan \(version), \(hasFloat16 ? "fp32 fp16" : "fp32"), "
                + "buffers up to \(largestBuffer >> 20) MiB, \(memory >> 20) MiB of memory)"
        }
    }

    /// The devices, in the order in which WebGPU prefers them when the fastest is wanted.
    /// - Throws: `EngineError.notFound` where there is no Vulkan loader, with the command that installs it.
    package static func devices() throws -> [Device] {
        var list = [CVulkan_device](repeating: CVulkan_device(), count: 16)
        var reason = [CChar](repeating: 0, count: 1024)
        let count = CVulkan_list(&list, list.count, &reason, reason.count)
        guard count >= 0 else {
            let text = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw EngineError(
                .notFound, "there is no Vulkan (\(text)); install libvulkan1 and your GPU's Vulkan driver")
        }
        return list.prefix(Int(count)).map(Device.init).enumerated()
            .sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
    }
}

extension Vulkan.Device {
    fileprivate init(_ device: CVulkan_device) {
        name = Self.text(device.name)
        let version = Self.text(device.driver_version)
        driver = version.isEmpty ? Self.text(device.driver) : "\(Self.text(device.driver)) \(version)"
        kind =
            switch device.kind {
            case CVulkan_discrete: .discrete
            case CVulkan_integrated: .integrated
            case CVulkan_virtual: .virtual
            case CVulkan_software: .software
            default: .other
            }
        self.version = "\(device.major).\(device.minor)"
        hasFloat16 = device.has_float16
        largestBuffer = Int(device.largest_storage_buffer)
        memory = Int(clamping: device.memory)
    }

    fileprivate var rank: Int {
        switch kind {
        case .discrete: 0
        case .integrated: 1
        case .virtual, .other: 2
        case .software: 3
        }
    }

    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
