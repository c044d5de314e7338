internal import Dispatch
internal import Glibc
internal import Graph
internal import Synchronization

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
            try widen(into: bytes)
        case .winograd(let outputs, let inputs):
            let memory = try HostMemory(byteCount: outputs * inputs * 9 * DataType.float32.byteCount)
            try widen(into: memory.bytes)
            Winograd.transform(
                UnsafeRawBufferPointer(memory.bytes).bindMemory(to: Float.self),
                into: bytes.bindMemory(to: Float.self), outputs: outputs, inputs: inputs)
        }
    }

    private func widen(into bytes: UnsafeMutableRawBufferPointer) throws {
        guard stored != .float32 else { return try data.copy(into: bytes) }
        // Half the size, read into the second half and spread over both from the front.
        let half = UnsafeMutableRawBufferPointer(rebasing: bytes[(bytes.count / 2)...])
        try data.copy(into: half)
        switch stored {
        case .float16: bytes.widenFloat16()
        default: bytes.widenBFloat16()
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The second half holds float16 numbers; all of it holds them as float32 afterwards.
    func widenFloat16() {
        // The exponents' biases differ by 112; multiplying by 2¹¹² also makes subnormals right. Infinity and NaN do
        // not come through: weights that hold any are refused when they are read.
        widen(scale: Float(bitPattern: (127 + 112) << 23)) { wide in
            ((wide & 0x7fff) &<< 13, (wide & 0x8000) &<< 16)
        }
    }

    /// The second half holds bfloat16 numbers; all of it holds them as float32 afterwards.
    func widenBFloat16() {
        widen(scale: 1) { wide in ((wide & 0x7fff) &<< 16, (wide & 0x8000) &<< 16) }
    }

    /// Front to back: a block is read before anything at or behind it is written over.
    @inline(__always)
    private func widen(
        scale: Float,
        _ parts: (SIMD16<UInt32>) -> (magnitude: SIMD16<UInt32>, sign: SIMD16<UInt32>)
    ) {
        let (count, half) = (count / 4, count / 2)
        let wholeBlocks = count / 16 * 16
        for index in stride(from: 0, to: wholeBlocks, by: 16) {
            let narrow = loadUnaligned(fromByteOffset: half + 2 * index, as: SIMD16<UInt16>.self)
            let (magnitude, sign) = parts(SIMD16<UInt32>(truncatingIfNeeded: narrow))
            let scaled = unsafeBitCast(magnitude, to: SIMD16<Float>.self) * scale
            storeBytes(
                of: unsafeBitCast(scaled, to: SIMD16<UInt32>.self) | sign, toByteOffset: 4 * index,
                as: SIMD16<UInt32>.self)
        }
        for index in wholeBlocks..<count {
            let narrow = loadUnaligned(fromByteOffset: half + 2 * index, as: UInt16.self)
            let (magnitude, sign) = parts(SIMD16(repeating: UInt32(narrow)))
            let scaled = Float(bitPattern: magnitude[0]) * scale
            storeBytes(of: scaled.bitPattern | sign[0], toByteOffset: 4 * index, as: UInt32.self)
        }
    }
}
