import CUDAEngine
import Foundation
import Graph
import Synchronization

/// A device that runs the engine's own kernel sources on the host: see Emulation/device.cuh.
///
/// Memory starts as NaNs, and ends before a page that must not be touched.
final class EmulatedDevice: CUDADevice {
    let description = "the host, emulating a device"
    let traits: DeviceTraits
    private let sizes = Mutex<[UInt64: Int]>([:])
    private let limit: Mutex<Int>

    /// - Parameters:
    ///   - processors: few of them get large tiles, many get small ones and sums in parts.
    ///   - memory: bytes to be had.
    init(processors: Int = 16, memory: Int = .max) {
        traits = DeviceTraits(processors: processors)
        limit = Mutex(memory)
    }

    /// Bytes that are allocated.
    var usedBytes: Int { sizes.withLock { $0.values.reduce(0, +) } }

    // MARK: Memory

    private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))

    func allocate(_ byteCount: Int) throws -> UInt64 {
        guard byteCount <= limit.withLock({ $0 }) - usedBytes else {
            throw EngineError(.outOfMemory, "\(byteCount) bytes could not be had")
        }
        let pages = (byteCount + 255 + Self.page) / Self.page + 1
        guard
            let start = mmap(nil, pages * Self.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED
        else { throw EngineError(.outOfMemory, "no pages") }
        let end = start + (pages - 1) * Self.page
        mprotect(end, Self.page, PROT_NONE)
        memset(start, 0xff, (pages - 1) * Self.page)
        let address = UInt64(UInt(bitPattern: end - (byteCount + 255) / 256 * 256))
        sizes.withLock { $0[address] = byteCount }
        return address
    }

    func free(_ address: UInt64) {
        guard let size = sizes.withLock({ $0.removeValue(forKey: address) }) else { return }
        let end = Int(address) + (size + 255) / 256 * 256
        let pages = (size + 255 + Self.page) / Self.page + 1
        munmap(UnsafeMutableRawPointer(bitPattern: end - (pages - 1) * Self.page), pages * Self.page)
    }

    func write(_ bytes: UnsafeRawBufferPointer, to address: UInt64) throws {
        guard let start = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(bitPattern: UInt(address))?.copyMemory(from: start, byteCount: bytes.count)
    }

    func read(_ address: UInt64, into bytes: UnsafeMutableRawBufferPointer) throws {
        guard let start = UnsafeRawPointer(bitPattern: UInt(address)) else { return }
        bytes.copyMemory(from: UnsafeRawBufferPointer(start: start, count: bytes.count))
    }

    func clear(_ address: UInt64, byteCount: Int) throws {
        UnsafeMutableRawPointer(bitPattern: UInt(address))?.initializeMemory(
            as: UInt8.self, repeating: 0, count: byteCount)
    }

    // MARK: Kernels

    func prepare(_ modules: Set<KernelModule>) throws { try EmulatedKernels.shared.prepare(modules) }

    func run(_ launches: [ResolvedLaunch]) throws {
        for launch in launches { try EmulatedKernels.shared.run(launch) }
    }

    func record(_ launches: [ResolvedLaunch]) throws -> any Recording { EmulatedRecording(self, launches) }
}

private final class EmulatedRecording: Recording {
    private let device: EmulatedDevice
    private let launches: [ResolvedLaunch]

    init(_ device: EmulatedDevice, _ launches: [ResolvedLaunch]) { (self.device, self.launches) = (device, launches) }

    func run() throws { try device.run(launches) }
}
