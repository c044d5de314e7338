import Glibc
import Testing

@testable import Pipeline

@Suite struct HeapTests {
    /// Of the pages of a block that was just made and not written to, the share that the kernel has given already.
    static func residentShare(of block: UnsafeMutableRawBufferPointer) -> Double {
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        let start = UnsafeMutableRawPointer(bitPattern: (Int(bitPattern: block.baseAddress) + pageSize - 1) & -pageSize)
        var pages = [UInt8](repeating: 0, count: block.count / pageSize - 1)
        #expect(mincore(start, pages.count * pageSize, &pages) == 0)
        return Double(pages.count { $0 & 1 == 1 }) / Double(pages.count)
    }

    @Test func aReserveIsThereBeforeItIsWanted() {
        let (byteCount, count) = (640 * 480 * 4, 8)
        Heap.share()
        Heap.reserve(count, blocksOf: byteCount)
        let blocks = (0..<count).map { _ in
            UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 1)
        }
        defer { for block in blocks { block.deallocate() } }
        for block in blocks { #expect(Self.residentShare(of: block) == 1) }
    }
}
