import Dispatch
import EngineSupport
import Graph
import Synchronization

/// A model's constants in memory, in the form that its nodes want them.
final class LoadedConstants {
    private let memory: HostMemory
    var bytes: UnsafeMutableRawBufferPointer { memory.bytes }

    /// Reads all constants, on all processors: half of it is waiting for pages.
    init(_ table: ConstantTable) throws {
        let memory = try HostMemory(byteCount: table.byteCount)
        let failure = Mutex<(any Error)?>(nil)
        let entries = table.entries
        // Each iteration writes its own entry's bytes alone.
        nonisolated(unsafe) let bytes = memory.bytes
        DispatchQueue.concurrentPerform(iterations: entries.count) { index in
            let entry = entries[index]
            let end = entry.offset + entry.byteCount
            do {
                try entry.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[entry.offset..<end]))
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        self.memory = memory
    }
}

extension ConstantTable.Entry {
    fileprivate func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        guard form.isTransposed else { return try convert(into: bytes) }
        let plain = try HostMemory(byteCount: byteCount)
        try convert(into: UnsafeMutableRawBufferPointer(rebasing: plain.bytes[..<byteCount]))
        let (rows, columns) = (stored.shape[0], stored.shape[1])
        switch form.dataType.byteCount {
        case 2: transpose(UnsafeRawBufferPointer(plain.bytes), into: bytes, rows, columns, of: UInt16.self)
        case 4: transpose(UnsafeRawBufferPointer(plain.bytes), into: bytes, rows, columns, of: UInt32.self)
        default: throw EngineError(.compileFailed, "a matrix of \(form.dataType.rawValue) cannot be multiplied by")
        }
    }

    private func convert(into bytes: UnsafeMutableRawBufferPointer) throws {
        let count = stored.shape.elementCount
        switch (stored.dataType, form.dataType) {
        case (let from, let to) where from == to:
            try data.copy(into: bytes)
        case (.float16, .float32), (.bfloat16, .float32):
            try FloatValues(data, stored.dataType).copy(into: bytes.bindMemory(to: Float.self))
        case (.float32, .float16), (.bfloat16, .float16):
            let floats = try FloatValues(data, stored.dataType).values(count: count)
            let halves = bytes.bindMemory(to: Float16.self)
            for index in 0..<count { halves[index] = Float16(floats[index]) }
        case (let from, let to):
            try withUnsafeTemporaryAllocation(byteCount: max(stored.byteCount, 1), alignment: 16) { source in
                let source = UnsafeMutableRawBufferPointer(rebasing: source[..<stored.byteCount])
                try data.copy(into: source)
                try HostNumbers(from).convert(UnsafeRawBufferPointer(source), to: to, into: bytes)
            }
        }
    }

    /// In blocks, so that what is read and what is written both stay in the cache.
    private func transpose<Element>(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, _ rows: Int, _ columns: Int,
        of: Element.Type
    ) {
        let (from, to) = (source.bindMemory(to: Element.self), target.bindMemory(to: Element.self))
        let block = 32
        for top in stride(from: 0, to: rows, by: block) {
            for left in stride(from: 0, to: columns, by: block) {
                for row in top..<min(top + block, rows) {
                    for column in left..<min(left + block, columns) {
                        to[column * rows + row] = from[row * columns + column]
                    }
                }
            }
        }
    }
}
