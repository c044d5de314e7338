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
    /// The ids of a learned word, by the first of them.
    private let learned: [Int: (text: String, ids: [Int])]

    /// - Parameters:
    ///   - folder: "tokenizer" or "tokenizer_2"; holds vocab.json and merges.txt, or tokenizer.json.
    ///   - learnedTokens: words of textual inversions, each with ids that the vocabulary does not have.
    /// - Throws: also where a learned word is one already.
    package init(
        _ folder: String, of files: any ModelFiles, learnedTokens: [(text: String, ids: [Int])] = []
    ) throws {
        let configuration = try TokenizerConfiguration(folder, of: files)
        vocabulary = try configuration.vocabulary()
        let tokens = try configuration.addedTokens(vocabulary)
        rawTokens = AddedTokenSplitter(
            tokens.filter { !$0.isNormalized }.map { (Array($0.content.unicodeScalars), $0.id) })
        var normalized = tokens.filter(\.isNormalized).map {
            (TextNormalizer.normalize($0.content.unicodeScalars), $0.id)
        }
        for (text, ids) in learnedTokens {
            let word = TextNormalizer.normalize(text.unicodeScalars)
            let isTaken =
                vocabulary[text] != nil || tokens.contains { $0.content == text }
                || normalized.contains { $0.0 == word }
            guard !isTaken, let first = ids.first else {
                throw WeightsError(
                    .mismatch,
                    "the embedding's word '\(text.prefix(80))' is one that the model or another embedding has already; "
                        + "give it another one, as in --embedding FILE:WORD", file: files.name(folder))
            }
            normalized.append((word, first))
        }
        learned = Dictionary(learnedTokens.map { ($0.ids[0], $0) }, uniquingKeysWith: { first, _ in first })
        normalizedTokens = AddedTokenSplitter(normalized)
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
            truncated: cut.isEmpty ? nil : self.text(of: cut))
    }

    /// Of a learned word that is cut within, nothing.
    private func text(of tokens: ArraySlice<Int>) -> String {
        var words: [String] = []
        var plain: [Int] = []
        func flush() {
            if !plain.isEmpty { words.append(vocabulary.text(of: plain)) }
            plain = []
        }
        for token in tokens {
            if let word = learned[token] {
                flush()
                words.append(word.text)
            } else {
                plain.append(token)
            }
        }
        flush()
        return words.filter { !$0.isEmpty }.joined(separator: " ")
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
                    case .token(let id): ids += learned[id]?.ids ?? [id]
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
