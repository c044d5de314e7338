/// A prompt as the UNet takes it. A plain value, so that prompts can be mixed and moved between.
package struct PromptEmbedding: Sendable, Equatable {
    /// [1, tokens, features], as in `DiffusionModel.promptShape`, row by row.
    package var hiddenStates: [Float]
    /// [1, features], for models that take a pooled prompt.
    package var pooled: [Float]?

    package init(hiddenStates: [Float], pooled: [Float]? = nil) {
        (self.hiddenStates, self.pooled) = (hiddenStates, pooled)
    }
}
