package import Diffusion
package import Weights

/// A model ready to be compiled.
package struct OpenedModel: Sendable {
    package let model: DiffusionModel
    /// The model's own folder.
    package let files: any ModelFiles
    /// Where its tokenizers are.
    package let tokenizers: any ModelFiles
    /// Sentences for the user: what was chosen that nobody asked for.
    package let notes: [String]
}
