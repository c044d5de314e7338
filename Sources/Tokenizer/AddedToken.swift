/// A token that is found in the text as it stands, before words are cut.
struct AddedToken: Sendable, Hashable {
    let content: String
    let id: Int
    /// Whether it is looked for in the normalised text, so that `<|ENDOFTEXT|>` counts as well.
    let isNormalized: Bool
}
