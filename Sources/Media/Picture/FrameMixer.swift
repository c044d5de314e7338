import CFFmpeg

/// Lays a restyled picture over the source's frame: by a share of the source, and by a mask that keeps a game's HUD.
///
/// It mixes the numbers that an encoder takes, such as planes of yuv420p. These are half of RGB's, the source's need no
/// conversion, and where the source is kept it is kept to the bit.
struct FrameMixer: Sendable {
    /// One byte a pixel of the output: 255 restyles, 0 keeps the source. Nil restyles everywhere.
    private let mask: [UInt8]?
    /// What the mask comes to in the last mix, for each byte of each plane in 256ths of the restyled picture; it changes
    /// only with the share and the format.
    private var weights: (share: Int, format: AVPixelFormat, planes: [[UInt16]])?

    /// - Parameter mask: of the size of the pictures; its brightness is what counts.
    init(mask: RGBImage? = nil) {
        self.mask = mask.map { image in
            (0..<image.width * image.height).map { pixel in
                // BT.601 luma; what matters is that white gives 255 and black 0.
                let red = Int(image.bytes[3 * pixel]) * 299
                let green = Int(image.bytes[3 * pixel + 1]) * 587
                let blue = Int(image.bytes[3 * pixel + 2]) * 114
                return UInt8((red + green + blue + 500) / 1000)
            }
        }
    }

    /// Whether a mix with this share shows anything of the source.
    func needsSource(blend: Double) -> Bool { blend > 0 || mask != nil }

    /// Mixes in place.
    /// - Parameters:
    ///   - source: of the same size and format as `restyled`, and of a format that has a `PlaneLayout`.
    ///   - restyled: its pixels are nobody else's.
    ///   - blend: 0 … 1, the source's share where the mask does not keep it anyway.
    mutating func mix(_ source: Frame, into restyled: Frame, blend: Double) {
        let share = Int((max(0, min(1, 1 - blend)) * 256).rounded())
        guard let planes = PlaneLayout.planes(of: restyled.format, width: restyled.width, height: restyled.height)
        else {
            return
        }
        if mask != nil, weights?.share != share || weights?.format != restyled.format {
            weights = (share, restyled.format, planes.map { maskWeights($0, share, width: restyled.width) })
        }
        for (index, plane) in planes.enumerated() {
            guard let from = source.plane(index), let into = restyled.plane(index) else { continue }
            for row in 0..<plane.rows {
                let (source, target) = (from.start + row * from.stride, into.start + row * into.stride)
                if let weights {
                    weights.planes[index].withUnsafeBufferPointer { weights in
                        guard let base = weights.baseAddress else { return }
                        mixRow(target, source, base + row * plane.rowBytes, plane.rowBytes)
                    }
                } else {
                    mixRow(target, source, share: UInt16(share), plane.rowBytes)
                }
            }
        }
    }

    /// The mask's mean over what each byte of the plane covers, times the share.
    private func maskWeights(_ plane: PlaneLayout, _ share: Int, width: Int) -> [UInt16] {
        guard let mask else { return [] }
        let height = mask.count / width
        var weights: [UInt16] = []
        weights.reserveCapacity(plane.rows * plane.rowBytes)
        for row in 0..<plane.rows {
            let rows = (row << plane.shiftY)..<min((row + 1) << plane.shiftY, height)
            for column in 0..<plane.rowBytes / plane.step {
                let columns = (column << plane.shiftX)..<min((column + 1) << plane.shiftX, width)
                var sum = 0
                for y in rows { for x in columns { sum += Int(mask[y * width + x]) } }
                let full = 255 * rows.count * columns.count
                let weight = UInt16((sum * share + full / 2) / full)
                for _ in 0..<plane.step { weights.append(weight) }
            }
        }
        return weights
    }
}

/// Where one plane of an 8-bit picture has its bytes.
struct PlaneLayout {
    let rows: Int
    let rowBytes: Int
    /// Bytes from one sample to the next: 1 for a plane of its own, 2 for nv12's colour, 3 for rgb24.
    let step: Int
    /// Powers of two by which the plane is smaller than the picture.
    let shiftX: Int
    let shiftY: Int

    /// Nil for formats whose bytes are not each a number of one pixel or one block: palettes, packed bits, more than 8
    /// bits, 4:2:2 in one plane.
    static func planes(of format: AVPixelFormat, width: Int, height: Int) -> [PlaneLayout]? {
        guard let description = av_pix_fmt_desc_get(format) else { return nil }
        let flags = UInt64(AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL)
        guard description.pointee.flags & flags == 0 else { return nil }
        let parts = description.pointee.comp
        let components = [parts.0, parts.1, parts.2, parts.3].prefix(Int(description.pointee.nb_components))
        var planes: [Int32: PlaneLayout] = [:]
        for (index, component) in components.enumerated() {
            guard component.depth == 8, component.shift == 0 else { return nil }
            let isColor = (index == 1 || index == 2) && description.pointee.flags & UInt64(AV_PIX_FMT_FLAG_RGB) == 0
            let shiftX = isColor ? Int(description.pointee.log2_chroma_w) : 0
            let shiftY = isColor ? Int(description.pointee.log2_chroma_h) : 0
            let across = (width + (1 << shiftX) - 1) >> shiftX
            let plane = PlaneLayout(
                rows: (height + (1 << shiftY) - 1) >> shiftY, rowBytes: across * Int(component.step),
                step: Int(component.step), shiftX: shiftX, shiftY: shiftY)
            if let known = planes[component.plane], known.step != plane.step || known.shiftX != shiftX { return nil }
            planes[component.plane] = plane
        }
        return (0..<Int32(planes.count)).compactMap { planes[$0] }
    }
}

extension Frame {
    func plane(_ index: Int) -> (start: UnsafeMutablePointer<UInt8>, stride: Int)? {
        let (data, strides) = (handle.pointee.data, handle.pointee.linesize)
        return [data.0, data.1, data.2, data.3][index].map {
            ($0, Int([strides.0, strides.1, strides.2, strides.3][index]))
        }
    }
}

// 255 · 256 + 128 is the most that occurs, which 16 bits hold: eight products an instruction on any x86-64, and no
// overflow to look out for. 256ths give either picture exactly at both ends.

private func mixRow(
    _ target: UnsafeMutablePointer<UInt8>, _ source: UnsafeMutablePointer<UInt8>, _ weights: UnsafePointer<UInt16>,
    _ count: Int
) {
    for index in 0..<count {
        let weight = weights[index]
        let sum = UInt16(target[index]) &* weight &+ UInt16(source[index]) &* (256 &- weight)
        target[index] = UInt8(truncatingIfNeeded: (sum &+ 128) &>> 8)
    }
}

private func mixRow(
    _ target: UnsafeMutablePointer<UInt8>, _ source: UnsafeMutablePointer<UInt8>, share: UInt16, _ count: Int
) {
    for index in 0..<count {
        let sum = UInt16(target[index]) &* share &+ UInt16(source[index]) &* (256 &- share)
        target[index] = UInt8(truncatingIfNeeded: (sum &+ 128) &>> 8)
    }
}

extension RGBImage {
    /// This picture laid over the frame it was made of, at the frame's size, as an output of that size shows it.
    /// - Parameters:
    ///   - mask: of the frame's size.
    ///   - blend: 0 … 1, the frame's share.
    package func mixed(over source: Frame, blend: Double, mask: RGBImage?) throws -> RGBImage {
        var mixer = FrameMixer(mask: mask)
        guard mixer.needsSource(blend: blend) else { return self }
        var scaler = Scaler()
        let original = try scaler.image(from: source, width: source.width, height: source.height)
        let own = try scaler.image(from: self, width: source.width, height: source.height)
        let result = try Frame(own)
        mixer.mix(try Frame(original), into: result, blend: blend)
        return try scaler.image(from: result, width: source.width, height: source.height)
    }
}
