import CMalloc

/// One heap for all threads. Pictures are made on one thread and let go of on another; with a heap for each thread, what
/// is free in one is no use to the others, and a daemon that runs for days slowly grows.
///
/// To be called before there are threads.
func shareOneHeap() { mallopt(M_ARENA_MAX, 1) }
