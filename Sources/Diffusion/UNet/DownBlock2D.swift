import Graph

/// diffusers' `CrossAttnDownBlock2D`, and `DownBlock2D` where there are no transformers.
struct DownBlock2D {
    let level: UNet2DConditionConfig.Level
    /// Layers of the transformer behind each resnet.
    let transformerLayers: [Int]?
    let downsamples: Bool

    /// - Parameter skips: takes every layer's result, for the up path.
    func callAsFunction(
        _ x: Value, _ skips: inout [Value], _ context: UNet2DConditionModel.Context, _ module: Module
    ) throws -> Value {
        var hidden = x
        for index in 0..<level.resnets {
            if index > 0 { context.cut() }
            hidden = try module("resnets.\(index)") {
                try context.resnet(channels: level.channels)(hidden, time: context.time, $0)
            }
            if let layers = transformerLayers?[index] {
                let transformer = context.transformer(
                    level: level, layers: layers, onlyCross: level.onlyCrossAttention)
                hidden = try module("attentions.\(index)") {
                    try transformer(hidden, context: context.prompt, cut: context.cut, $0)
                }
            }
            skips.append(hidden)
        }
        if downsamples {
            hidden = try module("downsamplers.0") {
                try Downsample2D(padding: context.config.downsamplePadding)(hidden, $0)
            }
            skips.append(hidden)
        }
        return hidden
    }
}
