/// A prompt as tokens.
package struct TokenizedPrompt: Sendable, Hashable {
    /// [tokens], padded or cut to the tokenizer's length.
    package let ids: [Int64]
    /// Tokens of the whole text, also those that were cut off.
    package let tokenCount: Int
    /// The end of the text, which found no room; nil where nothing was cut off.
    package let truncated: String?
}
