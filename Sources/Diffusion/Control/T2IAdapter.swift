import Graph
import Weights

/// diffusers' `T2IAdapter`: a small network that looks at a picture and says what to add to each level of the UNet's way
/// down. It depends on the picture alone, so it is computed once a frame.
struct T2IAdapter {
    let config: T2IAdapterConfig

    /// - Parameters:
    ///   - picture: [1, in_channels, H, W] in 0 … 1; sides in multiples of `downscaleFactor`.
    ///   - scale: how much the features count, [1].
    /// - Returns: features of each level, the largest first.
    func callAsFunction(_ picture: Value, scale: Value, _ module: Module) throws -> [Value] {
        let builder = module.builder
        return try module("adapter") { module in
            var hidden = try pixelUnshuffle(picture, builder)
            if config.kind != .light { hidden = try module.conv2d("conv_in", hidden, channels: config.channels[0]) }
            return try config.blocks.enumerated().map { index, block in
                hidden = try module("body.\(index)") { module in
                    let x = block.downsamples ? try averagePool(hidden, builder) : hidden
                    return try config.kind == .light ? light(x, block, module) : full(x, block, module)
                }
                return try builder.multiply(hidden, scale)
            }
        }
    }

    /// diffusers' `AdapterBlock`.
    private func full(_ x: Value, _ block: T2IAdapterConfig.Block, _ module: Module) throws -> Value {
        let isSameWidth = module.shape(of: x)[1] == block.channels
        let hidden = try isSameWidth ? x : module.conv2d("in_conv", x, channels: block.channels, kernel: 1)
        return try resnets(hidden, kernel: 1, module)
    }

    /// diffusers' `LightAdapterBlock`.
    private func light(_ x: Value, _ block: T2IAdapterConfig.Block, _ module: Module) throws -> Value {
        let hidden = try module.conv2d("in_conv", x, channels: max(block.channels / 4, 1), kernel: 1)
        return try module.conv2d("out_conv", resnets(hidden, kernel: 3, module), channels: block.channels, kernel: 1)
    }

    /// - Parameter kernel: of the second convolution.
    private func resnets(_ x: Value, kernel: Int, _ module: Module) throws -> Value {
        let builder = module.builder
        let channels = module.shape(of: x)[1]
        return try (0..<config.resnets).reduce(x) { x, index in
            try module("resnets.\(index)") { module in
                let hidden = builder.unary(.relu, try module.conv2d("block1", x, channels: channels))
                return try builder.add(module.conv2d("block2", hidden, channels: channels, kernel: kernel), x)
            }
        }
    }

    /// torch's `PixelUnshuffle`: [1, C, H, W] as [1, C·f·f, H/f, W/f].
    private func pixelUnshuffle(_ x: Value, _ builder: GraphBuilder) throws -> Value {
        let (shape, factor) = (builder.shape(of: x), config.downscaleFactor)
        let (channels, height, width) = (shape[1], shape[2] / factor, shape[3] / factor)
        let split = try builder.reshape(x, [channels, height, factor, width, factor])
        let turned = try builder.transpose(split, [0, 2, 4, 1, 3])
        return try builder.reshape(turned, [1, channels * factor * factor, height, width])
    }

    /// torch's `AvgPool2d(2, stride=2, ceil_mode=True)`: at an odd edge, the mean of what is there.
    private func averagePool(_ x: Value, _ builder: GraphBuilder) throws -> Value {
        let shape = builder.shape(of: x)
        let (channels, height, width) = (shape[1], shape[2], shape[3])
        let weight = builder.constant(
            InlineConstant([Float](repeating: 0.25, count: channels * 4)), TensorType([channels, 1, 2, 2]), name: "mean"
        )
        let pooled = try builder.conv2d(
            x, weight: weight, bias: nil, stride: 2,
            padding: .init(top: 0, left: 0, bottom: height % 2, right: width % 2), groups: channels)
        guard height % 2 + width % 2 > 0 else { return pooled }
        let (rows, columns) = ((height + 1) / 2, (width + 1) / 2)
        let shares = (0..<rows * columns).map { index -> Float in
            (index / columns == rows - 1 && height % 2 == 1 ? 2 : 1)
                * (index % columns == columns - 1 && width % 2 == 1 ? 2 : 1)
        }
        return try builder.multiply(
            pooled, builder.constant(InlineConstant(shares), TensorType([1, 1, rows, columns]), name: "edges"))
    }
}

/// diffusers' `T2IAdapter` config.json.
struct T2IAdapterConfig {
    enum Kind: String {
        case full = "full_adapter"
        case fullXL = "full_adapter_xl"
        case light = "light_adapter"
    }
    struct Block {
        let channels: Int
        let downsamples: Bool
    }

    let kind: Kind
    /// 3, or 1 for a grey picture.
    let inChannels: Int
    let channels: [Int]
    let resnets: Int
    let downscaleFactor: Int

    init(_ config: PartConfig) throws {
        let name = try config.value("adapter_type", default: "full_adapter")
        guard let kind = Kind(rawValue: name) else {
            throw config.error(
                "adapter_type",
                "is \(name), which is not supported; full_adapter, full_adapter_xl and light_adapter are")
        }
        self.kind = kind
        inChannels = try config.size("in_channels", default: 3)
        guard inChannels == 1 || inChannels == 3 else {
            throw config.error(
                "in_channels", "is \(inChannels); only adapters that look at pictures of 1 or 3 channels are supported")
        }
        channels = try config.sizes("channels", default: [320, 640, 1280, 1280])
        resnets = try config.size("num_res_blocks", default: 2)
        downscaleFactor = try config.size("downscale_factor", default: 8, atMost: 64)
    }

    var blocks: [Block] {
        let last = channels.indices.last.map { Block(channels: channels[$0], downsamples: true) }
        return switch kind {
        case .full: channels.enumerated().map { Block(channels: $1, downsamples: $0 > 0) }
        case .fullXL: channels.enumerated().map { Block(channels: $1, downsamples: $0 == 2) }
        case .light: channels.enumerated().map { Block(channels: $1, downsamples: $0 > 0) } + (last.map { [$0] } ?? [])
        }
    }
}
