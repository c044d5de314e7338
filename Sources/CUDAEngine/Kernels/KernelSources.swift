import CUDAKernels

/// The kernels' sources, which travel inside the program.
package enum KernelSources {
    /// By name, as they include each other.
    package static let files: [String: [UInt8]] = {
        var files: [String: [UInt8]] = [:]
        var next = cuda_kernel_files()
        while let file = next?.pointee, let name = file.name, let bytes = file.bytes {
            files[String(cString: name)] = Array(UnsafeBufferPointer(start: bytes, count: file.byte_count))
            next = next?.successor()
        }
        return files
    }()

    /// What the sources include.
    package static let headers = files.filter { !$0.key.hasSuffix(".cu") }
}
