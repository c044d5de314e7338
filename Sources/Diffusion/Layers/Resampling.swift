import Graph

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
