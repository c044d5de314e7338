/// What programs need of a device. The real one is `DriverDevice`; tests run the same kernels on the host.
package protocol CUDADevice: AnyObject, Sendable {
    /// One line for people: the name, the architecture, where the libraries were found.
    var description: String { get }
    var traits: DeviceTraits { get }

    /// - Returns: an address aligned to 256 bytes, with anything in the memory.
    /// - Throws: `EngineError.outOfMemory`.
    func allocate(_ byteCount: Int) throws -> UInt64
    func free(_ address: UInt64)
    func write(_ bytes: UnsafeRawBufferPointer, to address: UInt64) throws
    func read(_ address: UInt64, into bytes: UnsafeMutableRawBufferPointer) throws
    func clear(_ address: UInt64, byteCount: Int) throws

    /// Compiles and loads what is not yet, so that launching finds it.
    func prepare(_ modules: Set<KernelModule>) throws
    /// Runs one after the other, and returns when the last is done.
    func run(_ launches: [ResolvedLaunch]) throws
    /// The same to be run again and again.
    func record(_ launches: [ResolvedLaunch]) throws -> any Recording
}

/// Launches with their addresses, ready to be run as one. One thread at a time may run it.
package protocol Recording: AnyObject, Sendable {
    /// Returns when the last launch is done.
    func run() throws
}

/// What kernels are chosen by.
package struct DeviceTraits: Sendable {
    /// Streaming multiprocessors.
    package let processors: Int

    package init(processors: Int) { self.processors = processors }
}

/// Memory on a device, given back with its last owner.
final class DeviceMemory: Sendable {
    let device: any CUDADevice
    let address: UInt64
    let byteCount: Int

    /// - Parameter byteCount: may be 0.
    init(_ device: any CUDADevice, byteCount: Int) throws {
        self.device = device
        self.byteCount = byteCount
        address = byteCount == 0 ? 0 : try device.allocate(byteCount)
    }

    deinit {
        if byteCount > 0 { device.free(address) }
    }
}
