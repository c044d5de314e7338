import Media

/// A picture with edges, gradients and texture, so that nothing on the way is spared work.
enum BenchPicture {
    static func make(width: Int, height: Int) -> RGBImage {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                let checks = (x / 16 + y / 16) % 2 == 0 ? 40 : 0
                bytes.append(UInt8((x * 215 / width + checks) % 256))
                bytes.append(UInt8((y * 215 / height + checks) % 256))
                bytes.append(UInt8((x * 7 + y * 13) % 256))
            }
        }
        return RGBImage(width: width, height: height, bytes: bytes)
    }
}
