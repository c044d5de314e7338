import Graph

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
