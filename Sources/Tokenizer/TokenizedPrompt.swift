/// A prompt as tokens.
public struct TokenizedPrompt: Sendable, Hashable {
    /// [tokens], padded or cut to the tokenizer's length.
    public let ids: [Int64]
    /// Tokens of the whole text, also those that were cut off.
    public let tokenCount: Int
    /// The end of the text, which found no room; nil where nothing was cut off.
    public let truncated: String?
}
