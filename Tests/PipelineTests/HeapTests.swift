import CLinux
import Glibc
import Testing

@testable import Pipeline

@Suite struct HeapTests {
    static let byteCount = 3 << 20

    /// Of the pages of a block that was just made and not written to, the share that the kernel has given already.
    static func residentShare(of block: UnsafeMutableRawBufferPointer) -> Double {
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        let start = UnsafeMutableRawPointer(bitPattern: (Int(bitPattern: block.baseAddress) + pageSize - 1) & -pageSize)
        var pages = [UInt8](repeating: 0, count: byteCount / pageSize - 1)
        #expect(mincore(start, pages.count * pageSize, &pages) == 0)
        return Double(pages.count { $0 & 1 == 1 }) / Double(pages.count)
    }

    @Test func aReserveIsThereBeforeItIsWanted() {
        Heap.share()
        Heap.reserve(8, blocksOf: Self.byteCount)
        let blocks = (0..<8).map { _ in
            UnsafeMutableRawBufferPointer.allocate(byteCount: Self.byteCount, alignment: 1)
        }
        defer { for block in blocks { block.deallocate() } }
        for block in blocks { #expect(Self.residentShare(of: block) == 1) }
    }

    @Test func noMoreIsTakenThanTheHeapKeeps() {
        Heap.share()
        let before = mallinfo2().arena
        Heap.reserve(8, blocksOf: 30 << 20)
        #expect(mallinfo2().arena - before <= Heap.kept)
        Heap.reserve(8, blocksOf: Heap.kept + 1)
    }
}
