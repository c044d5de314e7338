import Graph

/// diffusers' `CrossAttnDownBlock2D`, and `DownBlock2D` where there are no transformers.
struct DownBlock2D {
    let level: UNet2DConditionConfig.Level
    /// Layers of the transformer behind each resnet.
    let transformerLayers: [Int]?
    let downsamples: Bool

    /// - Parameters:
    ///   - skips: takes every layer's result, for the up path.
    ///   - feature: a T2I-Adapter's, added where diffusers adds it: in a block with transformers behind the last pair of
    ///     layers, else behind the whole block.
    func callAsFunction(
        _ x: Value, _ skips: inout [Value], _ feature: Value?, _ context: UNet2DConditionModel.Context, _ module: Module
    ) throws -> Value {
        let builder = module.builder
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
                if let feature, index == level.resnets - 1 { hidden = try builder.add(hidden, feature) }
            }
            skips.append(hidden)
        }
        if downsamples {
            hidden = try module("downsamplers.0") {
                try Downsample2D(padding: context.config.downsamplePadding)(hidden, $0)
            }
            skips.append(hidden)
        }
        if let feature, transformerLayers == nil {
            hidden = try builder.add(hidden, feature)
            skips[skips.count - 1] = hidden
        }
        return hidden
    }
}

/// diffusers' `UNetMidBlock2DCrossAttn`, its `UNetMidBlock2D` (one resnet) or nothing, as the config says.
struct UNetMidBlock2D {
    let config: UNet2DConditionConfig

    func callAsFunction(_ x: Value, _ context: UNet2DConditionModel.Context, _ module: Module) throws -> Value {
        if case .none = config.midBlock { return x }
        let level = config.levels[config.levels.count - 1]
        let resnet = context.resnet(channels: level.channels, outputScaleFactor: config.midBlockScaleFactor)
        var hidden = try module("resnets.0") { try resnet(x, time: context.time, $0) }
        guard case .crossAttention = config.midBlock else { return hidden }
        let transformer = context.transformer(level: level, layers: config.midTransformerLayers, onlyCross: false)
        context.cut()
        hidden = try module("attentions.0") {
            try transformer(hidden, context: context.prompt, cut: context.cut, $0)
        }
        context.cut()
        return try module("resnets.1") { try resnet(hidden, time: context.time, $0) }
    }
}

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
