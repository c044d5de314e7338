/// XXH64 over a stream of bytes, as its specification defines it: fast enough (some GB/s) to name gigabytes of weights by
/// their content at every first start. It tells files apart; it does not protect against forgery.
package struct Checksum {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    private var lanes: SIMD4<UInt64> = [prime1 &+ prime2, prime2, 0, 0 &- prime1]
    /// What is left of a stripe of 32 bytes.
    private var rest: [UInt8] = []
    package private(set) var byteCount = 0

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        byteCount += bytes.count
        var bytes = bytes[...]
        if !rest.isEmpty {
            let taken = bytes.prefix(32 - rest.count)
            rest.append(contentsOf: taken)
            bytes = bytes.dropFirst(taken.count)
            guard rest.count == 32 else { return }
            rest.withUnsafeBytes { stripes($0) }
            rest.removeAll(keepingCapacity: true)
        }
        let whole = bytes.count & ~31
        stripes(UnsafeRawBufferPointer(rebasing: bytes.prefix(whole)))
        rest.append(contentsOf: bytes.dropFirst(whole))
    }

    package var value: UInt64 {
        var hash: UInt64
        if byteCount >= 32 {
            hash = Self.rotate(lanes[0], 1) &+ Self.rotate(lanes[1], 7) &+ Self.rotate(lanes[2], 12)
            hash = hash &+ Self.rotate(lanes[3], 18)
            for lane in 0..<4 {
                hash = (hash ^ Self.round(0, lanes[lane])) &* Self.prime1 &+ Self.prime4
            }
        } else {
            hash = Self.prime5
        }
        hash = hash &+ UInt64(byteCount)
        rest.withUnsafeBytes { rest in
            var offset = 0
            while offset + 8 <= rest.count {
                let word = UInt64(littleEndian: rest.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                hash = Self.rotate(hash ^ Self.round(0, word), 27) &* Self.prime1 &+ Self.prime4
                offset += 8
            }
            if offset + 4 <= rest.count {
                let word = UInt32(littleEndian: rest.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                hash = Self.rotate(hash ^ UInt64(word) &* Self.prime1, 23) &* Self.prime2 &+ Self.prime3
                offset += 4
            }
            for byte in rest[offset...] { hash = Self.rotate(hash ^ UInt64(byte) &* Self.prime5, 11) &* Self.prime1 }
        }
        hash = (hash ^ hash >> 33) &* Self.prime2
        hash = (hash ^ hash >> 29) &* Self.prime3
        return hash ^ hash >> 32
    }

    /// The checksum with the length, as a name for the content.
    package var identity: String { "xxh64-\(String(value, radix: 16))-\(byteCount)" }

    private mutating func stripes(_ bytes: UnsafeRawBufferPointer) {
        var (a, b, c, d) = (lanes[0], lanes[1], lanes[2], lanes[3])
        for offset in stride(from: 0, to: bytes.count, by: 32) {
            func word(_ index: Int) -> UInt64 {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + index * 8, as: UInt64.self))
            }
            a = Self.round(a, word(0))
            b = Self.round(b, word(1))
            c = Self.round(c, word(2))
            d = Self.round(d, word(3))
        }
        lanes = [a, b, c, d]
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
}
