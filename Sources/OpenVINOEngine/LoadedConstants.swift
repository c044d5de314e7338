import Dispatch
import Glibc
import Graph
import Synchronization

/// A model's constants in memory, of which those that the device packed are let go of again.
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
