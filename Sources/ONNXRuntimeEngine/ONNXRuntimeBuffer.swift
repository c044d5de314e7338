import CONNXRuntime
import EngineSupport
import Graph

/// A tensor in the device's memory; programs read and write it in place.
///
/// Unchecked: the contract lets one thread at a time touch a buffer or run what is bound to it.
final class ONNXRuntimeBuffer: Buffer, @unchecked Sendable {
    let type: TensorType
    /// The tensor that programs are bound to.
    let value: OpaquePointer
    private let device: ONNXRuntimeDevice
    /// What the buffer is on the device.
    private let bound: TensorType
    /// The host's side: the tensor itself where the device computes in the host's memory, else made when first needed.
    private var host: HostTensor?

    init(_ type: TensorType, device: ONNXRuntimeDevice) throws {
        (self.type, self.device) = (type, device)
        bound = device.options.types(.float32).bound(type)
        let host = try HostTensor(bound, device: device)
        guard let allocator = device.allocator else {
            (self.host, value) = (host, host.value)
            return
        }
        value = try device.exclusively {
            try device.library.makeTensor(device.options.types(.float32).bound(type), by: allocator)
        }
        // Most are never touched by the host again.
        try device.copy(host.value, to: value)
    }

    deinit {
        if device.allocator != nil { device.exclusively { device.library.functions.ReleaseValue(value) } }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try requireSize(bytes.count)
        let host = try hostTensor()
        if type.dataType == bound.dataType {
            host.bytes.copyMemory(from: bytes)
        } else {
            try HostNumbers(type.dataType).convert(bytes, to: bound.dataType, into: host.bytes)
        }
        if value != host.value { try device.copy(host.value, to: value) }
    }

    func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        try requireSize(bytes.count)
        let host = try hostTensor()
        if value != host.value { try device.copy(value, to: host.value) }
        if type.dataType == bound.dataType {
            bytes.copyMemory(from: UnsafeRawBufferPointer(host.bytes))
        } else {
            try HostNumbers(bound.dataType).convert(
                UnsafeRawBufferPointer(host.bytes), to: type.dataType, into: bytes)
        }
    }

    private func hostTensor() throws -> HostTensor {
        if let host { return host }
        let made = try HostTensor(bound, device: device)
        host = made
        return made
    }

    private func requireSize(_ count: Int) throws {
        guard count == type.byteCount else {
            throw EngineError(.runFailed, "\(count) bytes given for a buffer of \(type), which has \(type.byteCount)")
        }
    }
}

/// A tensor over zeroed pages of our own.
private final class HostTensor {
    let value: OpaquePointer
    private let byteCount: Int
    private let memory: HostMemory
    private let library: ONNXRuntimeLibrary

    init(_ type: TensorType, device: ONNXRuntimeDevice) throws {
        memory = try HostMemory(byteCount: type.byteCount)
        library = device.library
        byteCount = type.byteCount
        value = try library.makeTensor(over: memory.bytes, type, device.hostInfo)
    }

    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<byteCount]) }

    deinit { library.functions.ReleaseValue(value) }
}
