import Dispatch
import EngineSupport
import Glibc
import Graph
import Synchronization

/// The constants of a model, laid out in the one buffer that an IR's `Const` layers point into.
///
/// What the device keeps a packed copy of lies on pages of its own, so that those can be given back after compiling.
struct ConstantTable {
    struct Entry: Sendable {
        let data: any ConstantData
        /// Before widening.
        let stored: DataType
        let byteCount: Int
        let form: Form
        /// Whether the device makes its own copy when it compiles.
        let isPacked: Bool
        let offset: Int
    }
    /// What becomes of the bytes as they are read.
    enum Form: Sendable, Hashable {
        case asStored
        /// float16 and bfloat16 as float32.
        case widened
        /// A 3×3 convolution's weight as `Winograd` wants it, in float32.
        case winograd(outputs: Int, inputs: Int)
    }
    private enum Key: Hashable {
        case node(Int, Form)
        /// Numbers that the writer itself needs, equal where their bytes are.
        case inline([UInt8])
    }

    /// Smaller ones are not worth a system call.
    private static let smallestPacked = 1 << 18
    private static let pageSize = 4096

    private(set) var entries: [Entry] = []
    private var offsets: [Key: Int] = [:]
    private(set) var byteCount = 0

    /// The offset of the bytes of the graph's constant number `node`.
    mutating func place(
        _ data: any ConstantData, _ type: TensorType, node: Int, as form: Form, isPacked: Bool
    ) -> Int {
        place(data, type, .node(node, form), form, isPacked: isPacked)
    }

    mutating func place(_ data: InlineConstant, _ type: TensorType) -> Int {
        place(data, type, .inline(data.bytes), .asStored, isPacked: false)
    }

    private mutating func place(
        _ data: any ConstantData, _ type: TensorType, _ key: Key, _ form: Form, isPacked: Bool
    ) -> Int {
        if let offset = offsets[key] { return offset }
        let count =
            switch form {
            case .asStored: type.byteCount
            case .widened: type.shape.elementCount * DataType.float32.byteCount
            case .winograd(let outputs, let inputs): Winograd.weightCount(outputs, inputs) * DataType.float32.byteCount
            }
        let isPacked = isPacked && count >= Self.smallestPacked
        // Whole cache lines, so that OpenVINO reads numbers in place.
        let alignment = isPacked ? Self.pageSize : 64
        let offset = byteCount.roundedUp(to: alignment)
        byteCount = (offset + count).roundedUp(to: alignment)
        entries.append(
            Entry(
                data: data, stored: type.dataType, byteCount: count, form: form, isPacked: isPacked,
                offset: offset))
        offsets[key] = offset
        return offset
    }
}

extension Int {
    /// - Parameter multiple: a power of two.
    func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) & ~(multiple - 1) }
}

/// A model's constants in memory, of which those that the device packed are freed again.
///
/// OpenVINO's CPU device keeps two copies of a weight: the constant as it was given, and one packed for its kernels,
/// which is the only one it reads from then on. The first lies in our memory, so its pages can be given back. That the
/// device does not read them is its own affair and promised nowhere: so after the first run it is checked whether any
/// of those pages came back, and such constants are read again and kept.
struct LoadedConstants: ~Copyable {
    private let memory: HostMemory
    private let entries: [ConstantTable.Entry]
    var bytes: UnsafeMutableRawBufferPointer { memory.bytes }

    /// Reads all constants, on all processors: half of it is waiting for pages.
    init(_ table: ConstantTable) throws {
        let memory = try HostMemory(byteCount: table.byteCount)
        try Self.read(table.entries, into: memory.bytes)
        self.memory = memory
        entries = table.entries
    }

    /// Gives the pages of packed constants back to the system.
    func release() {
        for entry in entries where entry.isPacked {
            let pages = Self.pages(of: entry, in: memory.bytes)
            madvise(pages.baseAddress, pages.count, MADV_DONTNEED)
        }
    }

    /// Reads those released constants again that have been looked at since, when they read as zeros.
    /// - Returns: how many there were: if any, what was computed from them is wrong.
    func restoreTouched() throws -> Int {
        let touched = entries.filter { entry in
            guard entry.isPacked else { return false }
            let pages = Self.pages(of: entry, in: memory.bytes)
            var residency = [UInt8](repeating: 0, count: (pages.count + 4095) / 4096)
            return mincore(pages.baseAddress, pages.count, &residency) != 0 || residency.contains { $0 & 1 != 0 }
        }
        try Self.read(touched, into: memory.bytes)
        return touched.count
    }

    private static func pages(
        of entry: ConstantTable.Entry, in bytes: UnsafeMutableRawBufferPointer
    ) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[entry.offset..<entry.offset + entry.byteCount])
    }

    private static func read(_ entries: [ConstantTable.Entry], into bytes: UnsafeMutableRawBufferPointer) throws {
        let failure = Mutex<(any Error)?>(nil)
        // Each iteration writes its own entry's bytes alone.
        nonisolated(unsafe) let bytes = bytes
        DispatchQueue.concurrentPerform(iterations: entries.count) { index in
            do {
                let entry = entries[index]
                try entry.read(into: pages(of: entry, in: bytes))
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}

extension ConstantTable.Entry {
    /// Fills the entry's own bytes.
    fileprivate func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        switch form {
        case .asStored:
            try data.copy(into: bytes)
        case .widened:
            try FloatValues(data, stored).copy(into: bytes.bindMemory(to: Float.self))
        case .winograd(let outputs, let inputs):
            let memory = try HostMemory(byteCount: outputs * inputs * 9 * DataType.float32.byteCount)
            let weight = memory.bytes.bindMemory(to: Float.self)
            try FloatValues(data, stored).copy(into: weight)
            Winograd.transform(
                UnsafeBufferPointer(weight), into: bytes.bindMemory(to: Float.self), outputs: outputs, inputs: inputs)
        }
    }
}
