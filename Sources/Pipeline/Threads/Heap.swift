import CLinux
import Glibc

/// How a daemon that runs for days uses malloc's heap.
package enum Heap {
    /// How many freed bytes it keeps at its end; of more it gives all back.
    static let kept = 64 << 20

    /// One heap for all threads. Pictures are made on one thread and freed on another; with a heap for each thread,
    /// what is free in one is of no use to the others, and the daemon slowly grows. The heap keeps what a few pictures take:
    /// given back to the kernel and fetched again it would cost a page fault for every 4 KiB.
    ///
    /// To be called before there are threads.
    package static func share() {
        mallopt(M_ARENA_MAX, 1)
        // The largest that malloc takes, and what it comes to by itself once a block of that size was freed.
        mallopt(M_MMAP_THRESHOLD, 32 << 20)
        mallopt(M_TRIM_THRESHOLD, Int32(kept))
    }

    /// Fetches from the kernel what `count` blocks of `byteCount` bytes take, at most three quarters of what the heap keeps
    /// so that it does keep them, and frees them. So a stream takes at its start what it will want on its worst day,
    /// and not a picture more after every stall of the machine; and none of its pictures waits for page faults.
    static func reserve(_ count: Int, blocksOf byteCount: Int) {
        let blocks = (0..<min(count, kept * 3 / 4 / max(byteCount, 1))).map { _ in
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 1)
            block.initializeMemory(as: UInt8.self, repeating: 0)
            return block
        }
        for block in blocks { block.deallocate() }
    }
}
