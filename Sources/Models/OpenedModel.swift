public import Diffusion
public import Weights

/// A model ready to be compiled.
public struct OpenedModel: Sendable {
    public let model: DiffusionModel
    /// Where its tokenizers are.
    public let tokenizers: any ModelFiles
}
