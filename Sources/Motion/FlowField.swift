/// A vector for each pixel: where it was in another picture, relative to where it is, in pixels of the pyramid's size.
package struct FlowField: ~Copyable {
    package let width: Int
    package let height: Int
    let vectors: Buffer<SIMD2<Float>>

    package init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        vectors = Buffer(width * height, repeating: .zero)
    }

    package subscript(x: Int, y: Int) -> SIMD2<Float> {
        get { vectors.base[y * width + x] }
        set { vectors.base[y * width + x] = newValue }
    }

    /// Bilinear, from a coarser level whose pixels are `scale` of these.
    mutating func enlarge(_ coarse: UnsafeMutablePointer<SIMD2<Float>>, _ w: Int, _ h: Int, scale: Float) {
        if scale == 1 {
            vectors.base.update(from: coarse, count: width * height)
            return
        }
        let inverse = 1 / scale
        for y in 0..<height {
            let down = min(max((Float(y) + 0.5) * inverse - 0.5, 0), Float(h - 1))
            let (top, shareY) = (Int(down), down - Float(Int(down)))
            let (upper, lower) = (coarse + top * w, coarse + min(top + 1, h - 1) * w)
            let row = vectors.base + y * width
            for x in 0..<width {
                let across = min(max((Float(x) + 0.5) * inverse - 0.5, 0), Float(w &- 1))
                let left = Int(across)
                let (shareX, right) = (across - Float(left), min(left &+ 1, w &- 1))
                let above = upper[left] + shareX * (upper[right] - upper[left])
                let below = lower[left] + shareX * (lower[right] - lower[left])
                row[x] = scale * (above + shareY * (below - above))
            }
        }
    }
}

extension UnsafeMutablePointer where Pointee == SIMD2<Float> {
    /// Bilinear; the place is inside the picture.
    @inline(__always) func sample(_ x: Float, _ y: Float, _ width: Int, _ height: Int) -> SIMD2<Float> {
        let (left, top) = (min(x.cell, width &- 2), min(y.cell, height &- 2))
        let (shareX, shareY) = (x - Float(left), y - Float(top))
        let pixel = self + (top &* width &+ left)
        let upper = pixel[0] + shareX * (pixel[1] - pixel[0])
        let lower = pixel[width] + shareX * (pixel[width &+ 1] - pixel[width])
        return upper + shareY * (lower - upper)
    }
}

extension UnsafeMutablePointer where Pointee == SIMD4<Float> {
    /// Bilinear; the place is inside the picture.
    @inline(__always) func sample(_ x: Float, _ y: Float, _ width: Int, _ height: Int) -> SIMD4<Float> {
        let (left, top) = (min(x.cell, width &- 2), min(y.cell, height &- 2))
        let (shareX, shareY) = (x - Float(left), y - Float(top))
        let pixel = self + (top &* width &+ left)
        let upper = pixel[0] + shareX * (pixel[1] - pixel[0])
        let lower = pixel[width] + shareX * (pixel[width &+ 1] - pixel[width])
        return upper + shareY * (lower - upper)
    }
}
