/// FIPS 180-4, section 6.2.
struct SHA256 {
    private static let constants: [UInt32] = roots(3, bitsOf: 64)
    private var state: [UInt32] = roots(2, bitsOf: 8)
    private var rest: [UInt8] = []
    private var byteCount: UInt64 = 0
    private var words = [UInt32](repeating: 0, count: 64)

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        byteCount += UInt64(bytes.count)
        var bytes = bytes[...]
        if !rest.isEmpty {
            let taken = bytes.prefix(64 - rest.count)
            rest.append(contentsOf: taken)
            bytes = bytes.dropFirst(taken.count)
            guard rest.count == 64 else { return }
            let block = rest
            block.withUnsafeBytes { compress($0) }
            rest.removeAll(keepingCapacity: true)
        }
        let whole = bytes.count / 64 * 64
        compress(UnsafeRawBufferPointer(rebasing: bytes.prefix(whole)))
        rest.append(contentsOf: bytes.dropFirst(whole))
    }

    /// Lower-case hexadecimal.
    mutating func finish() -> String {
        let bits = byteCount * 8
        let padding = [0x80] + [UInt8](repeating: 0, count: Int((119 - byteCount % 64) % 64))
        let tail = padding + withUnsafeBytes(of: bits.bigEndian) { Array($0) }
        tail.withUnsafeBytes { update($0) }
        return state.map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }.joined()
    }

    /// - Parameter blocks: a multiple of 64 bytes.
    private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
        Self.constants.withUnsafeBufferPointer { constants in
            words.withUnsafeMutableBufferPointer { words in
                state.withUnsafeMutableBufferPointer { state in
                    for start in stride(from: 0, to: blocks.count, by: 64) {
                        Self.compress(
                            UnsafeRawBufferPointer(rebasing: blocks[start..<start + 64]), constants, words, state)
                    }
                }
            }
        }
    }

    private static func compress(
        _ block: UnsafeRawBufferPointer, _ constants: UnsafeBufferPointer<UInt32>,
        _ words: UnsafeMutableBufferPointer<UInt32>, _ state: UnsafeMutableBufferPointer<UInt32>
    ) {
        for index in 0..<16 {
            words[index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
        }
        for index in 16..<64 {
            let (early, late) = (words[index - 15], words[index - 2])
            let first = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3
            let second = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10
            words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let first = h &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ (e & f ^ ~e & g)
            let sum = first &+ constants[index] &+ words[index]
            let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ sum, c, b, a, sum &+ second)
        }
        for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
    }

    @inline(__always)
    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    /// The first 32 bits of the fractional parts of the square or cube roots of the first primes.
    private static func roots(_ degree: Int, bitsOf count: Int) -> [UInt32] {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < count {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            // The largest r with r^degree ≤ prime · 2^(32 · degree), of which the low 32 bits are wanted.
            var root: UInt64 = 0
            for bit in (0..<37).reversed() {
                let next = root | 1 << UInt64(bit)
                let square = UInt128(next) * UInt128(next)
                let power = degree == 2 ? square : square * UInt128(next)
                if power <= UInt128(prime) << UInt128(32 * degree) { root = next }
            }
            return UInt32(truncatingIfNeeded: root)
        }
    }
}
