package import Weights

/// One part of an opened model: for `models show`, and for the memory it will take.
package struct ModelPart: Sendable {
    /// The folder's name, which is diffusers' for the part: "unet".
    package let name: String
    /// diffusers' or transformers' class: "UNet2DConditionModel".
    package let className: String
    package let weights: WeightStore

    package var parameterCount: Int { weights.parameterCount }
    /// "F16", or several where they are mixed, the most frequent first.
    package var elementTypes: [String] { weights.elementTypes.map(\.rawValue) }
    /// Bytes as engines hold them when they compute in float32.
    package var float32ByteCount: Int { 4 * parameterCount }
}
