import Diffusion
import Foundation

extension PromptEmbedding {
    /// The weighted sum of several; the weights add up to one.
    static func sum(_ parts: [(weight: Float, embedding: PromptEmbedding)]) -> PromptEmbedding? {
        guard var result = parts.first?.embedding else { return nil }
        if parts.count == 1 { return result }
        let sum = { (vectors: [[Float]]) in
            zip(parts, vectors).reduce(into: [Float](repeating: 0, count: vectors[0].count)) { sum, part in
                for (index, value) in part.1.enumerated() { sum[index] += part.0.weight * value }
            }
        }
        result.hiddenStates = sum(parts.map(\.embedding.hiddenStates))
        if result.pooled != nil { result.pooled = sum(parts.map { $0.embedding.pooled ?? [] }) }
        return result
    }

    /// A point on the way to another embedding: each token's vector turns and stretches evenly.
    /// - Parameter features: of one token.
    func slerp(to other: PromptEmbedding, progress: Float, features: Int) -> PromptEmbedding {
        var result = self
        for start in stride(from: 0, to: hiddenStates.count, by: features) {
            let token = start..<min(start + features, hiddenStates.count)
            result.hiddenStates.replaceSubrange(
                token, with: Self.slerp(hiddenStates[token], other.hiddenStates[token], progress))
        }
        if let pooled, let target = other.pooled { result.pooled = Self.slerp(pooled[...], target[...], progress) }
        return result
    }

    /// Shoemake's spherical interpolation, for vectors of unlike length; straight where the two all but coincide.
    private static func slerp(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>, _ progress: Float) -> [Float] {
        var (dot, lengthA, lengthB): (Float, Float, Float) = (0, 0, 0)
        for (x, y) in zip(a, b) {
            dot += x * y
            lengthA += x * x
            lengthB += y * y
        }
        let lengths = (lengthA * lengthB).squareRoot()
        let cosine = lengths > 0 ? max(-1, min(1, dot / lengths)) : 1
        guard cosine < 0.9995, cosine > -0.9995 else { return zip(a, b).map { $0 + ($1 - $0) * progress } }
        let angle = acos(cosine)
        let (shareA, shareB) = (sin((1 - progress) * angle) / sin(angle), sin(progress * angle) / sin(angle))
        return zip(a, b).map { shareA * $0 + shareB * $1 }
    }
}
