import CLinux

/// One heap for all threads. Pictures are made on one thread and let go of on another; with a heap for each thread, what
/// is free in one is no use to the others, and a daemon that runs for days slowly grows. The heap keeps what a few
/// pictures take: given back to the kernel and fetched again it would cost a page fault for every 4 KiB.
///
/// To be called before there are threads.
func shareOneHeap() {
    mallopt(M_ARENA_MAX, 1)
    // The largest that malloc takes, and what it comes to by itself once a block of that size was let go of.
    mallopt(M_MMAP_THRESHOLD, 32 << 20)
    mallopt(M_TRIM_THRESHOLD, 64 << 20)
}
