import Foundation
import Settings

/// What a prompt is to the UNet: hidden states [tokens, features], and the pooled vector of models that take one.
struct PromptEmbedding: Sendable, Equatable {
    let features: Int
    var hiddenStates: [Float]
    var pooled: [Float]

    /// The weighted sum of several; the weights add up to one.
    static func sum(_ parts: [(weight: Float, embedding: PromptEmbedding)]) -> PromptEmbedding? {
        guard var result = parts.first?.embedding else { return nil }
        if parts.count == 1 { return result }
        let blend = { (path: KeyPath<PromptEmbedding, [Float]>) in
            parts.dropFirst().reduce(into: parts[0].embedding[keyPath: path].map { $0 * parts[0].weight }) {
                sum, part in
                for (index, value) in part.embedding[keyPath: path].enumerated() { sum[index] += part.weight * value }
            }
        }
        result.hiddenStates = blend(\.hiddenStates)
        result.pooled = blend(\.pooled)
        return result
    }

    /// A point on the way to another embedding: each token's vector turns and stretches evenly.
    func slerp(to other: PromptEmbedding, progress: Float) -> PromptEmbedding {
        var result = self
        for start in stride(from: 0, to: hiddenStates.count, by: features) {
            let token = start..<min(start + features, hiddenStates.count)
            result.hiddenStates.replaceSubrange(
                token, with: Self.slerp(hiddenStates[token], other.hiddenStates[token], progress))
        }
        if !pooled.isEmpty { result.pooled = Self.slerp(pooled[...], other.pooled[...], progress) }
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
