import Glibc
import Graph

/// Pages of the process's own, zeroed, given back to the system the moment they are freed: malloc would keep
/// gigabytes of weights for later use.
package struct HostMemory: ~Copyable {
    package let bytes: UnsafeMutableRawBufferPointer

    package init(byteCount: Int) throws {
        let size = max(byteCount, 1)
        guard let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED
        else { throw EngineError(.outOfMemory, "\(size >> 20) MiB of memory could not be had; use a smaller --size") }
        bytes = UnsafeMutableRawBufferPointer(start: start, count: size)
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }
}
