import Graph

/// diffusers' `CrossAttnUpBlock2D`, and `UpBlock2D` where there are no transformers.
struct UpBlock2D {
    let level: UNet2DConditionConfig.Level
    /// Layers of the transformer behind each resnet.
    let transformerLayers: [Int]?
    let upsamples: Bool

    /// - Parameter skips: gives up one of the down path's results for each resnet.
    func callAsFunction(
        _ x: Value, _ skips: inout [Value], _ context: UNet2DConditionModel.Context, _ module: Module
    ) throws -> Value {
        let builder = module.builder
        var hidden = x
        for index in 0...level.resnets {
            if index > 0 { context.cut() }
            hidden = try builder.concat([hidden, skips.removeLast()], axis: 1)
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
        }
        if upsamples, let next = skips.last {
            // Twice the size, or the skip's where the level above has an odd one.
            let shape = module.shape(of: next)
            hidden = try module("upsamplers.0") {
                try Upsample2D(height: shape[2], width: shape[3])(hidden, $0)
            }
        }
        return hidden
    }
}
