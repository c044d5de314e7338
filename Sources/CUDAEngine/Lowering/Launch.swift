/// A run of a kernel, with memory that has no addresses yet.
struct Launch: Sendable {
    /// An address that is filled in when the memory is bound.
    struct Pointer: Sendable {
        /// Bytes before it among the parameters.
        let position: Int
        let storage: Int
        /// Bytes into the storage.
        let offset: Int
    }

    var module: KernelModule
    var function: String
    var grid: [Int]
    /// Threads of a block, in two directions.
    var block: [Int]
    var sharedBytes = 0
    var parameters: [UInt8] = []
    var pointers: [Pointer] = []
    /// The storages that are written; all others are read.
    var writes: Set<Int> = []

    var reads: Set<Int> { Set(pointers.map(\.storage)).subtracting(writes) }

    /// With the addresses of each storage filled in.
    func resolved(_ address: (Int) -> UInt64) -> ResolvedLaunch {
        var parameters = parameters
        for pointer in pointers {
            let value = address(pointer.storage) + UInt64(pointer.offset)
            withUnsafeBytes(of: value) { parameters.replaceSubrange(pointer.position..<pointer.position + 8, with: $0) }
        }
        return ResolvedLaunch(
            module: module, function: function, grid: grid, block: block, sharedBytes: sharedBytes,
            parameters: parameters)
    }
}

/// A run of a kernel, ready for a device.
package struct ResolvedLaunch: Sendable {
    package let module: KernelModule
    package let function: String
    package let grid: [Int]
    package let block: [Int]
    package let sharedBytes: Int
    /// The bytes of the kernel's one argument.
    package let parameters: [UInt8]
}
