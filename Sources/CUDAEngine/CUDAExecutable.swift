import Graph
import Synchronization

/// A lowered graph with its weights on the device.
///
/// Its invocations share the memory that values between kernels lie in, and take turns.
final class CUDAExecutable: Executable {
    let graphInputs: [String: TensorType]
    let graphOutputs: [String: TensorType]
    private let device: any CUDADevice
    private let body: [Launch]
    private let plan: MemoryPlan
    private let kept, scratch: DeviceMemory
    private let turn = Mutex(())

    /// - Throws: `EngineError`, or what reading the weights throws.
    init(_ program: LoweredProgram, graph: Graph, label: String, device: any CUDADevice) throws {
        (graphInputs, graphOutputs) = (graph.inputTypes, graph.outputTypes)
        self.device = device
        body = program.body
        plan = MemoryPlan(program)
        do {
            kept = try DeviceMemory(device, byteCount: plan.keptBytes)
            scratch = try DeviceMemory(device, byteCount: plan.scratchBytes)
            try device.prepare(Set(program.modules))
            try Self.prepare(program, plan, kept: kept)
        } catch let error as EngineError {
            throw EngineError(error.code, "\(label): \(error.message)")
        }
    }

    /// Reads the weights and lays them out.
    private static func prepare(_ program: LoweredProgram, _ plan: MemoryPlan, kept: DeviceMemory) throws {
        let device = kept.device
        let temporary = try DeviceMemory(device, byteCount: plan.preparationBytes)
        let address = { (storage: Int) -> UInt64 in
            switch plan.places[storage] {
            case .kept(let offset): kept.address + UInt64(offset)
            case .preparation(let offset): temporary.address + UInt64(offset)
            default: 0
            }
        }
        var bytes: UnsafeMutableRawBufferPointer = .allocate(byteCount: 0, alignment: 64)
        defer { bytes.deallocate() }
        for instruction in program.preparation {
            switch instruction {
            case .launch(let launch): try device.run([launch.resolved(address)])
            case .upload(let data, let byteCount, let storage):
                guard plan.places[storage] != nil else { continue }
                if bytes.count < byteCount {
                    bytes.deallocate()
                    bytes = .allocate(byteCount: byteCount, alignment: 64)
                }
                let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<byteCount])
                try data.copy(into: part)
                try device.write(UnsafeRawBufferPointer(part), to: address(storage))
            }
        }
    }

    func bind(_ buffers: [String: any Buffer]) throws -> any Invocation {
        var bound: [String: CUDABuffer] = [:]
        for (name, type) in graphInputs.merging(graphOutputs, uniquingKeysWith: { first, _ in first }) {
            guard let buffer = buffers[name] as? CUDABuffer else {
                throw GraphError(.unknownName, "no buffer of this engine was given", at: name)
            }
            guard buffer.type == type else {
                throw GraphError(.typeMismatch, "needs \(type), was given \(buffer.type)", at: name)
            }
            bound[name] = buffer
        }
        let launches = body.map { launch in
            launch.resolved { storage in
                switch plan.places[storage] {
                case .kept(let offset): kept.address + UInt64(offset)
                case .scratch(let offset): scratch.address + UInt64(offset)
                case .input(let name), .output(let name): bound[name]?.memory.address ?? 0
                case .preparation, nil: 0
                }
            }
        }
        return CUDAInvocation(self, try device.record(launches), Array(bound.values))
    }

    func run(_ recording: any Recording) throws { try turn.withLock { _ in try recording.run() } }
}

/// An executable with its memory: a recording.
final class CUDAInvocation: Invocation {
    private let executable: CUDAExecutable
    private let recording: any Recording
    /// Kept alive: the recording reads and writes their memory.
    private let buffers: [CUDABuffer]

    init(_ executable: CUDAExecutable, _ recording: any Recording, _ buffers: [CUDABuffer]) {
        (self.executable, self.recording, self.buffers) = (executable, recording, buffers)
    }

    func run() throws { try executable.run(recording) }
}

/// A tensor in the device's memory, row-major. Sequences of tokens are stored as matrices are multiplied, and converted on
/// the host: they are written by settings and read by tests, while frames and pictures go as they are.
final class CUDABuffer: Buffer {
    let type: TensorType
    let memory: DeviceMemory
    private let stored: DataType

    init(_ type: TensorType, stored: DataType, device: any CUDADevice) throws {
        (self.type, self.stored) = (type, stored)
        memory = try DeviceMemory(device, byteCount: max(1, type.shape.elementCount * stored.byteCount))
        try device.clear(memory.address, byteCount: memory.byteCount)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try requireSize(bytes.count)
        guard stored != type.dataType else { return try memory.device.write(bytes, to: memory.address) }
        let narrow = (0..<type.shape.elementCount).map { index in
            stored.narrowed(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
        }
        try narrow.withUnsafeBytes { try memory.device.write($0, to: memory.address) }
    }

    func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        try requireSize(bytes.count)
        guard stored != type.dataType else { return try memory.device.read(memory.address, into: bytes) }
        // Half the size, read into the second half and spread over both from the front.
        let half = UnsafeMutableRawBufferPointer(rebasing: bytes[(bytes.count / 2)...])
        try memory.device.read(memory.address, into: half)
        if stored == .float16 { bytes.widenFloat16() } else { bytes.widenBFloat16() }
    }

    private func requireSize(_ count: Int) throws {
        guard count == type.byteCount else {
            throw EngineError(.runFailed, "\(count) bytes given for a buffer of \(type), which has \(type.byteCount)")
        }
    }
}

extension DataType {
    /// A number's bits in float16 or bfloat16, ties to even.
    fileprivate func narrowed(_ value: Float) -> UInt16 {
        guard self == .bfloat16 else { return Float16(value).bitPattern }
        guard !value.isNaN else { return 0x7fff }
        let bits = value.bitPattern
        return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
    }
}
