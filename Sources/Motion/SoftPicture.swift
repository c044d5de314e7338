/// A picture without its fine texture: means over a quarter of the pyramid's size, looked up bilinearly.
///
/// A model that paints softly does not let the source's texture through, and a colour map alone would. So the map is fed
/// with soft + sharpness · (source - soft), the sharpness measured on the key.
struct SoftPicture: ~Copyable {
    let width: Int
    let height: Int
    private let pixels: Buffer<SIMD4<Float>>

    /// - Parameters: of the pictures, whatever their sizes.
    init(forPicture pictureWidth: Int, _ pictureHeight: Int) {
        let size = LumaPyramid.size(forPicture: pictureWidth, pictureHeight)
        (width, height) = (max(2, size.width / 2), max(2, size.height / 2))
        pixels = Buffer(width * height, repeating: .zero)
    }

    func update(from picture: PictureView) {
        pixels.fill(.zero)
        var top = 0
        for y in 0..<height {
            let bottom = (y + 1) * picture.height / height
            let row = pixels.base + y * width
            for line in top..<max(bottom, top + 1) {
                var pixel = picture.base + 3 * min(line, picture.height - 1) * picture.width
                var (x, end) = (0, 0)
                while x < width {
                    let next = (x &+ 1) &* picture.width / width
                    var (red, green, blue) = (UInt32(0), UInt32(0), UInt32(0))
                    for _ in end..<max(end, next) {
                        red &+= UInt32(pixel[0])
                        green &+= UInt32(pixel[1])
                        blue &+= UInt32(pixel[2])
                        pixel += 3
                    }
                    row[x] += SIMD4(Float(red), Float(green), Float(blue), Float(max(0, next &- end)))
                    (end, x) = (next, x &+ 1)
                }
            }
            top = bottom
        }
        for index in 0..<pixels.count { pixels.base[index] /= max(1, pixels.base[index].w) }
    }

    /// The row of an output of another size, between the two that are nearest, into `line`.
    func interpolate(_ y: Int, of count: Int, into line: UnsafeMutablePointer<SIMD4<Float>>) {
        let at = min(max((Float(y) + 0.5) * Float(height) / Float(count) - 0.5, 0), Float(height - 1))
        let top = min(Int(at), height - 2)
        let share = at - Float(top)
        let (upper, lower) = (pixels.base + top * width, pixels.base + (top + 1) * width)
        for x in 0..<width { line[x] = upper[x] + share * (lower[x] - upper[x]) }
    }
}
