/// The size a model works at.
package struct WorkingSize: Sendable, Hashable {
    package let width: Int
    package let height: Int

    package init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

    /// The input's shape with about `pixels` pixels, each side a multiple of `multiple` and at least that.
    ///
    /// Of the sizes around the exact one, the one whose shape is nearest to the input's (by ratio), then the one
    /// nearest in pixels.
    /// - Parameters:
    ///   - inputWidth: as displayed, in square pixels.
    ///   - multiple: 8, as in diffusers, unless the autoencoder's factor needs more.
    package init(inputWidth: Int, inputHeight: Int, pixels: Int, multiple: Int = 8) {
        let shape = Double(max(inputWidth, 1)) / Double(max(inputHeight, 1))
        let exactHeight = (Double(pixels) / shape).squareRoot()
        let unit = Double(multiple)
        func neighbours(_ exact: Double) -> [Int] {
            let below = max(Int((exact / unit).rounded(.down)), 1)
            return [below * multiple, (below + 1) * multiple]
        }
        var best = (width: multiple, height: multiple, cost: Double.infinity)
        for height in neighbours(exactHeight) {
            let width = max(Int((Double(height) * shape / unit).rounded()), 1) * multiple
            let distortion = abs(Double(width) / Double(height) / shape - 1)
            let excess = abs(Double(width * height) / Double(pixels) - 1)
            if distortion + excess / 4 < best.cost { best = (width, height, distortion + excess / 4) }
        }
        self.init(width: best.width, height: best.height)
    }
}
