import Graph

/// A layer's weight with an adapter merged into it, computed when an engine asks for it.
struct LoRAConstant: ConstantData {
    /// The layer's weight with the adapters before this one, and without any.
    let base, unmerged: FloatValues
    let down, up: FloatValues
    /// DoRA's (arXiv 2402.09353): the length that each output's weights are to have.
    let magnitude: FloatValues?
    /// Of the layer as a matrix, [outputs, inputs · height · width].
    let rows, columns: Int
    let rank: Int
    /// scale · alpha / rank
    let factor: Float

    func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
        let result = buffer.bindMemory(to: Float.self)
        try base.copy(into: result)
        let down = try down.values(count: rank * columns)
        let up = try up.values(count: rows * rank)
        let magnitudes = try magnitude?.values(count: rows)
        // As PEFT has it, the length that a magnitude takes the place of is that of the layer without other adapters.
        let unmerged = magnitudes == nil ? [] : try unmerged.values(count: rows * columns)
        down.withUnsafeBufferPointer { down in
            // The adapter's own product is summed first, as diffusers does, and then added to the layer.
            withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { sum in
                for row in 0..<rows {
                    sum.initialize(repeating: 0)
                    for inner in 0..<rank {
                        let weight = up[row * rank + inner]
                        let start = inner * columns
                        for column in 0..<columns { sum[column] += weight * down[start + column] }
                    }
                    let start = row * columns
                    for column in 0..<columns { result[start + column] += factor * sum[column] }
                    guard let magnitudes else { continue }
                    var square = 0.0
                    for column in 0..<columns {
                        let weight = Double(unmerged[start + column] + factor * sum[column])
                        square += weight * weight
                    }
                    let stretch = magnitudes[row] / Float(square.squareRoot())
                    for column in 0..<columns { result[start + column] *= stretch }
                }
            }
        }
        if let offset = UnsafeRawBufferPointer(buffer).firstNotFinite(.float32) {
            throw WeightsError(
                .notFinite, "merging the LoRA gives an infinite number at element \(offset / 4); lower its scale")
        }
    }
}
