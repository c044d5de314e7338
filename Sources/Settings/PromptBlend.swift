/// What the embedding of one frame is made of: a prompt's own, or a point on the way between two, to be found by
/// spherical interpolation of their embeddings.
///
/// It nests when a change comes while an earlier one is still under way, so that no change makes the picture jump.
package indirect enum PromptBlend: Sendable, Hashable {
    case prompt(Prompt)
    /// From the first to the second; progress in (0, 1).
    case slerp(PromptBlend, PromptBlend, progress: Double)

    /// Deeper nesting than this is cut: each level costs one more interpolation, and an eye sees no difference.
    static let maximumDepth = 4

    static func between(_ start: PromptBlend, _ end: PromptBlend, progress: Double) -> PromptBlend {
        if progress <= 0 || start == end { return start }
        if progress >= 1 { return end }
        return .slerp(start.flattened(to: maximumDepth - 1), end, progress: progress)
    }

    /// The same blend at most `depth` levels deep: what lies deeper is replaced by the end it is nearer to.
    private func flattened(to depth: Int) -> PromptBlend {
        guard case .slerp(let start, let end, let progress) = self else { return self }
        guard depth > 0 else { return (progress < 0.5 ? start : end).flattened(to: 0) }
        return .slerp(start.flattened(to: depth - 1), end.flattened(to: depth - 1), progress: progress)
    }

    /// All the prompts that must be encoded for this blend.
    package var prompts: Set<Prompt> {
        switch self {
        case .prompt(let prompt): [prompt]
        case .slerp(let start, let end, _): start.prompts.union(end.prompts)
        }
    }
}
