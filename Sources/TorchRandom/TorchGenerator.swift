import Glibc

/// Draws the numbers of `torch.Generator("cpu").manual_seed(seed)`.
///
/// The uniforms equal torch's to the bit. The normals are computed in double precision from the same uniforms and lie
/// within 4e-6 of torch's, whose own vectorised and plain paths differ by 2e-6. A generator is a value: a copy goes on
/// drawing the same numbers.
package struct TorchGenerator: Sendable {
    private var engine: MersenneTwister
    /// The second normal of a pair, which short draws keep for the next short draw.
    private var spare: Double?

    /// Draws of fewer numbers go one by one; longer ones go in blocks of this size.
    private static let block = 16

    /// torch takes 64 bits and seeds its engine with the lower 32.
    package init(seed: UInt64) { engine = MersenneTwister(seed: UInt32(truncatingIfNeeded: seed)) }
    /// A negative seed stands for its two's complement, as in torch.
    package init(seed: Int) { self.init(seed: UInt64(bitPattern: Int64(seed))) }

    /// `torch.rand(count)`: in [0, 1), multiples of 2⁻²⁴.
    package mutating func uniforms(_ count: Int) -> [Float] { (0..<count).map { _ in uniform() } }

    /// `torch.randn(count)`; a tensor's elements in row-major order.
    package mutating func normals(_ count: Int) -> [Float] {
        guard count >= Self.block else { return (0..<count).map { _ in Float(normal()) } }
        var numbers = uniforms(count)
        for start in stride(from: 0, through: count - Self.block, by: Self.block) { transform(&numbers, start) }
        if count % Self.block != 0 {
            // torch draws the last block again, also where it overlaps the one before.
            let start = count - Self.block
            for index in start..<count { numbers[index] = uniform() }
            transform(&numbers, start)
        }
        return numbers
    }

    /// Box–Muller over one block: its first half gives the radii, its second half the angles.
    private func transform(_ numbers: inout [Float], _ start: Int) {
        let half = Self.block / 2
        for index in start..<start + half {
            let radius = (-2 * log(1 - Double(numbers[index]))).squareRoot()
            let angle = 2 * Double.pi * Double(numbers[index + half])
            numbers[index] = Float(radius * cos(angle))
            numbers[index + half] = Float(radius * sin(angle))
        }
    }

    private mutating func uniform() -> Float { Float(engine.next() & 0xFF_FFFF) * 0x1p-24 }

    private mutating func doubleUniform() -> Double {
        let (high, low) = (UInt64(engine.next()), UInt64(engine.next()))
        return Double((high << 32 | low) & 0x1F_FFFF_FFFF_FFFF) * 0x1p-53
    }

    private mutating func normal() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        let angle = 2 * Double.pi * doubleUniform()
        let radius = (-2 * log1p(-doubleUniform())).squareRoot()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }
}
