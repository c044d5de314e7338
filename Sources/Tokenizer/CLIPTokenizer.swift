package import Weights

/// CLIP's byte-level BPE tokenizer, read from a diffusers folder; gives the ids of transformers 5.23's `CLIPTokenizer`.
///
/// A value without mutable state, to be shared between threads.
package struct CLIPTokenizer: Sendable {
    /// Tokens a prompt is padded or cut to, the two markers included.
    package let maximumLength: Int
    package let startToken: Int
    package let endToken: Int
    /// What fills up a short prompt: `<|endoftext|>` for SD 1.5, `!` for SD 2.
    package let padToken: Int

    let vocabulary: Vocabulary
    private let rawTokens: AddedTokenSplitter
    private let normalizedTokens: AddedTokenSplitter

    /// - Parameter folder: "tokenizer" or "tokenizer_2"; holds vocab.json and merges.txt, or tokenizer.json.
    package init(_ folder: String, of files: any ModelFiles) throws {
        let configuration = try TokenizerConfiguration(folder, of: files)
        vocabulary = try configuration.vocabulary()
        let tokens = try configuration.addedTokens(vocabulary)
        rawTokens = AddedTokenSplitter(
            tokens.filter { !$0.isNormalized }.map { (Array($0.content.unicodeScalars), $0.id) })
        normalizedTokens = AddedTokenSplitter(
            tokens.filter(\.isNormalized).map { (TextNormalizer.normalize($0.content.unicodeScalars), $0.id) })
        startToken = try configuration.id(of: .start, vocabulary)
        endToken = try configuration.id(of: .end, vocabulary)
        padToken = try configuration.id(of: .pad, vocabulary)
        maximumLength = try configuration.maximumLength()
    }

    /// The prompt as the text encoder takes it: start, tokens, end, padding; `maximumLength` in all.
    package func encode(_ text: String) -> TokenizedPrompt {
        let tokens = tokens(of: text)
        let room = maximumLength - 2
        let kept = [startToken] + tokens.prefix(room) + [endToken]
        let padding = Array(repeating: padToken, count: maximumLength - kept.count)
        let cut = tokens.dropFirst(room)
        return TokenizedPrompt(
            ids: (kept + padding).map(Int64.init), tokenCount: tokens.count,
            truncated: cut.isEmpty ? nil : vocabulary.text(of: cut))
    }

    /// All of the text's tokens, without markers.
    package func tokens(of text: String) -> [Int] {
        var ids: [Int] = []
        for part in rawTokens.split(Array(text.unicodeScalars)[...]) {
            switch part {
            case .token(let id): ids.append(id)
            case .text(let raw):
                for part in normalizedTokens.split(TextNormalizer.normalize(raw)[...]) {
                    switch part {
                    case .token(let id): ids.append(id)
                    case .text(let normal):
                        for piece in WordSplitter.split(Array(normal)) { ids += vocabulary.ids(of: piece) }
                    }
                }
            }
        }
        return ids
    }
}

/// A prompt as tokens.
package struct TokenizedPrompt: Sendable, Hashable {
    /// [tokens], padded or cut to the tokenizer's length.
    package let ids: [Int64]
    /// Tokens of the whole text, also those that were cut off.
    package let tokenCount: Int
    /// The end of the text, which found no room; nil where nothing was cut off.
    package let truncated: String?
}
