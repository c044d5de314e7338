import Synchronization

/// A device that also finds out how long each kernel takes: to see where the time of a frame goes.
///
/// A kernel is timed as many runs of itself in one recording, by the host's clock. It reads the same memory every time, so
/// what it takes in a program, where other kernels come between, can be more.
package final class TimedDevice: CUDADevice {
    private let base: any CUDADevice
    /// Milliseconds by kind while kernels are timed, else nil.
    private let times = Mutex<[String: Double]?>(nil)
    private let repetitions: Int

    package init(_ base: any CUDADevice, repetitions: Int = 20) { (self.base, self.repetitions) = (base, repetitions) }

    package var description: String { base.description }
    package var traits: DeviceTraits { base.traits }
    package func allocate(_ byteCount: Int) throws -> UInt64 { try base.allocate(byteCount) }
    package func free(_ address: UInt64) { base.free(address) }
    package func write(_ bytes: UnsafeRawBufferPointer, to address: UInt64) throws {
        try base.write(bytes, to: address)
    }
    package func read(_ address: UInt64, into bytes: UnsafeMutableRawBufferPointer) throws {
        try base.read(address, into: bytes)
    }
    package func clear(_ address: UInt64, byteCount: Int) throws { try base.clear(address, byteCount: byteCount) }
    package func prepare(_ modules: Set<KernelModule>) throws { try base.prepare(modules) }
    package func run(_ launches: [ResolvedLaunch]) throws { try base.run(launches) }

    package func record(_ launches: [ResolvedLaunch]) throws -> any Recording {
        TimedRecording(device: self, whole: try base.record(launches), launches: launches)
    }

    /// Times the kernels of all programs that `body` runs.
    /// - Returns: milliseconds by kernel and tile, all launches together.
    package func timed(_ body: () throws -> Void) throws -> [String: Double] {
        times.withLock { $0 = [:] }
        defer { times.withLock { $0 = nil } }
        try body()
        return times.withLock { $0 ?? [:] }
    }

    fileprivate func timeIfAsked(_ launches: [ResolvedLaunch]) throws {
        guard times.withLock({ $0 != nil }) else { return }
        for launch in launches {
            let recording = try base.record([ResolvedLaunch](repeating: launch, count: repetitions))
            try recording.run()
            let duration = try ContinuousClock().measure { try recording.run() }
            times.withLock { $0?[launch.kind, default: 0] += duration / .milliseconds(repetitions) }
        }
    }
}

/// Times every launch if that is asked for, then runs the whole: each launch finds in memory what an earlier run left.
private final class TimedRecording: Recording {
    private let device: TimedDevice
    private let whole: any Recording
    private let launches: [ResolvedLaunch]

    init(device: TimedDevice, whole: any Recording, launches: [ResolvedLaunch]) {
        (self.device, self.whole, self.launches) = (device, whole, launches)
    }

    func run() throws {
        try device.timeIfAsked(launches)
        try whole.run()
    }
}

extension ResolvedLaunch {
    /// "product 128x64"
    fileprivate var kind: String {
        let macros = module.macros
        guard let first = macros["BLOCK_M"] ?? macros["HEAD"] else { return function }
        return "\(function) \(first)" + (macros["BLOCK_N"].map { "x\($0)" } ?? "")
    }
}
