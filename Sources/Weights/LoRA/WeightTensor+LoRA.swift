import Graph

extension WeightTensor {
    /// W + scale · alpha / rank · up · down, in float32.
    /// - Parameter alpha: one number; the rank where it is nil.
    func merged(down: WeightTensor, up: WeightTensor, alpha: WeightTensor?, scale: Float) throws -> WeightTensor {
        func require(_ condition: Bool, _ message: @autoclosure () -> String, _ tensor: WeightTensor) throws {
            guard condition else { throw WeightsError(.mismatch, message(), at: tensor.location) }
        }
        try require(down.shape.rank >= 2 && up.shape.rank >= 2, "a LoRA's matrices have at least two axes", down)
        let (rank, outputs) = (down.shape[0], up.shape[0])
        let inputs = down.shape.elementCount / max(rank, 1)
        try require(
            rank > 0 && up.shape[1] == rank && up.shape.elementCount == outputs * rank,
            "its shape \(up.shape) does not fit \(down.shape)", up)
        try require(
            shape.rank >= 2 && outputs == shape[0] && inputs * outputs == shape.elementCount
                && (down.shape.rank == 2 || shape.rank == 2
                    || down.shape.dimensions.dropFirst(2) == shape.dimensions.dropFirst(2)),
            "its shape \(down.shape) does not fit the layer's \(shape); the LoRA is made for another model", down)
        func floats(_ tensor: WeightTensor) throws -> FloatValues {
            guard let type = tensor.elementType.weightType else {
                throw WeightsError(
                    .mismatch, "its elements are \(tensor.elementType.rawValue), not floating", at: tensor.location)
            }
            return FloatValues(tensor.data, type)
        }
        var factor = scale
        if let alpha {
            try require(alpha.shape.elementCount == 1, "alpha must be one number, not \(alpha.shape)", alpha)
            factor *= try floats(alpha).values(count: 1)[0] / Float(rank)
        }
        return WeightTensor(
            name: name, elementType: .f32, shape: shape,
            data: LoRAConstant(
                base: try floats(self), down: try floats(down), up: try floats(up), rows: outputs, columns: inputs,
                rank: rank,
                factor: factor),
            location: location)
    }
}
