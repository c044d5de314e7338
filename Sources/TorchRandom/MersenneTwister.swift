/// MT19937 of Matsumoto and Nishimura, the engine beneath torch's CPU generator.
/// http://www.math.sci.hiroshima-u.ac.jp/m-mat/MT/emt.html
struct MersenneTwister: Sendable {
    private static let count = 624
    private static let middle = 397

    private var state: [UInt32]
    /// The next word of `state` to hand out.
    private var position = MersenneTwister.count

    init(seed: UInt32) {
        state = [seed]
        state.reserveCapacity(Self.count)
        for index in 1..<Self.count {
            let previous = state[index - 1]
            state.append(1_812_433_253 &* (previous ^ previous >> 30) &+ UInt32(index))
        }
    }

    mutating func next() -> UInt32 {
        if position == Self.count { twist() }
        var word = state[position]
        position += 1
        word ^= word >> 11
        word ^= word << 7 & 0x9D2C_5680
        word ^= word << 15 & 0xEFC6_0000
        return word ^ word >> 18
    }

    private mutating func twist() {
        for index in 0..<Self.count {
            let next = state[(index + 1) % Self.count]
            let joined = state[index] & 0x8000_0000 | next & 0x7FFF_FFFF
            let twisted = joined >> 1 ^ (next & 1 == 0 ? 0 : 0x9908_B0DF)
            state[index] = state[(index + Self.middle) % Self.count] ^ twisted
        }
        position = 0
    }
}
