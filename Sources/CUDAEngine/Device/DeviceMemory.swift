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
