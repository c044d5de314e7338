public import Weights

/// One part of an opened model: for `models show`, and for the memory it will take.
public struct ModelPart: Sendable {
    /// The folder's name, which is diffusers' for the part: "unet".
    public let name: String
    /// diffusers' or transformers' class: "UNet2DConditionModel".
    public let className: String
    public let weights: WeightStore

    public var parameterCount: Int { weights.parameterCount }
    /// "F16", or several where they are mixed, the most frequent first.
    public var elementTypes: [String] { weights.elementTypes.map(\.rawValue) }
    /// Bytes as engines hold them when they compute in float32.
    public var float32ByteCount: Int { 4 * parameterCount }
}
