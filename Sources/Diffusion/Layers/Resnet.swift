import Graph

/// diffusers' `ResnetBlock2D`: two convolutions, the time embedding added between them, and a shortcut.
struct ResnetBlock2D {
    enum TimeScaleShift: String, Sendable {
        /// The time projection is added before the second norm.
        case `default`
        /// It scales and shifts after the second norm.
        case scaleShift = "scale_shift"
    }

    let outChannels: Int
    let groups: Int
    let epsilon: Float
    let activation: Activation
    var timeScaleShift = TimeScaleShift.default
    var outputScaleFactor: Float = 1

    /// - Parameters:
    ///   - x: [1, C, H, W].
    ///   - time: the activated time embedding [1, T]; nil where the model has none (autoencoders).
    /// - Returns: [1, outChannels, H, W].
    func callAsFunction(_ x: Value, time: Value?, _ module: Module) throws -> Value {
        let builder = module.builder
        var hidden = try module.groupNorm("norm1", x, groups: groups, epsilon: epsilon)
        hidden = try module.conv2d("conv1", activation(hidden, builder), channels: outChannels)
        if let time, timeScaleShift == .default {
            hidden = try builder.add(hidden, projection(time, features: outChannels, module))
        }
        hidden = try module.groupNorm("norm2", hidden, groups: groups, epsilon: epsilon)
        if let time, timeScaleShift == .scaleShift {
            let both = try projection(time, features: 2 * outChannels, module)
            let scale = try builder.slice(both, axis: 1, 0..<outChannels)
            let shift = try builder.slice(both, axis: 1, outChannels..<2 * outChannels)
            hidden = try builder.multiply(hidden, builder.add(scale, builder.scalar(1)))
            hidden = try builder.add(hidden, shift)
        }
        hidden = try module.conv2d("conv2", activation(hidden, builder), channels: outChannels)
        let isSameWidth = module.shape(of: x)[1] == outChannels
        let shortcut = try isSameWidth ? x : module.conv2d("conv_shortcut", x, channels: outChannels, kernel: 1)
        let sum = try builder.add(shortcut, hidden)
        return try outputScaleFactor == 1 ? sum : builder.divide(sum, builder.scalar(outputScaleFactor))
    }

    /// [1, features, 1, 1]. Depends on the time embedding alone, so it is computed once per setting.
    private func projection(_ time: Value, features: Int, _ module: Module) throws -> Value {
        let projected = try module.linear("time_emb_proj", time, features: features)
        return try module.builder.reshape(projected, [1, features, 1, 1])
    }
}

/// diffusers' `Downsample2D` with its convolution: half the size, rounded up.
struct Downsample2D {
    /// 1, or 0 for a row and a column of zeros at the bottom right only.
    let padding: Int

    func callAsFunction(_ x: Value, _ module: Module) throws -> Value {
        try module.conv2d(
            "conv", x, channels: module.shape(of: x)[1], stride: 2,
            padding: padding == 0 ? .init(top: 0, left: 0, bottom: 1, right: 1) : .init(padding))
    }
}

/// diffusers' `Upsample2D` with its convolution: nearest neighbour to a given size.
struct Upsample2D {
    let height: Int
    let width: Int

    func callAsFunction(_ x: Value, _ module: Module) throws -> Value {
        let larger = try module.builder.upsampleNearest(x, height: height, width: width)
        return try module.conv2d("conv", larger, channels: module.shape(of: x)[1])
    }
}
