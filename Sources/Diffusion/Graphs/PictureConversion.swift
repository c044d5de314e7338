import Graph

/// Between RGB8 pictures and the autoencoder's numbers, as diffusers' `VaeImageProcessor` does it.
enum PictureConversion {
    /// uint8 [1, H, W, 3] as [1, 3, H, W] in −1 … 1: x / 127.5 − 1.
    static func floats(_ picture: Value, _ builder: GraphBuilder) throws -> Value {
        let planes = try builder.transpose(builder.convert(picture, to: .float32), [0, 3, 1, 2])
        return try builder.subtract(builder.divide(planes, builder.scalar(127.5)), builder.scalar(1))
    }

    /// Back: round(clamp(x / 2 + 0.5, 0, 1) · 255).
    static func bytes(_ picture: Value, _ builder: GraphBuilder) throws -> Value {
        let half = builder.scalar(0.5)
        let unit = builder.clamp(try builder.add(builder.multiply(picture, half), half), 0, 1)
        let rounded = builder.unary(.round, try builder.multiply(unit, builder.scalar(255)))
        return builder.convert(try builder.transpose(rounded, [0, 2, 3, 1]), to: .uint8)
    }
}
