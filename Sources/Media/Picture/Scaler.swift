import CFFmpeg

/// Turns decoded frames into upright RGB of a wanted size, and RGB into frames that an encoder takes.
///
/// It sets itself up again whenever size, format or colour change, so one serves a whole stream. Bicubic, with
/// full chroma and exact rounding.
///
/// `@unchecked Sendable`: it has one owner and moves with it.
package struct Scaler: ~Copyable, @unchecked Sendable {
    private struct Setup: Hashable {
        var sourceWidth, sourceHeight, targetWidth, targetHeight: Int32
        var source, target: AVPixelFormat
        var sourceColor, targetColor: ColorDescription
    }

    /// swscale contexts by what they do; a stream has one or two.
    private var contexts: [(setup: Setup, handle: OpaquePointer)] = []
    private static let kept = 4

    package init() { quietFFmpeg() }

    deinit { for context in contexts { sws_freeContext(context.handle) } }

    /// A frame as RGB of the size, turned upright. Transparency is passed over, in every format alike: what captures
    /// leave in a fourth byte is padding, or whatever a game drew there.
    package mutating func image(from frame: Frame, width: Int, height: Int) throws -> RGBImage {
        try checkSize(width, height)
        let turned = frame.orientation.swapsAxes
        let (across, down) = turned ? (height, width) : (width, height)
        let format = unaliased(frame.format)
        let color = ColorDescription(of: frame.handle).resolved(
            width: Int(frame.handle.pointee.width), height: Int(frame.handle.pointee.height), format: format)
        let scaled = try Frame(width: across, height: down, format: AV_PIX_FMT_RGB24)
        try scale(frame, format, color, into: scaled, ColorDescription.rgb)
        guard let rows = scaled.handle.pointee.data.0 else { throw outOfMemory() }
        let bytes = [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
            if let base = buffer.baseAddress {
                frame.orientation.turn(
                    rows, width: across, height: down, stride: Int(scaled.handle.pointee.linesize.0), pixel: 3,
                    into: base)
            }
            count = width * height * 3
        }
        return RGBImage(width: width, height: height, bytes: bytes)
    }

    /// An RGB picture at another size.
    package mutating func image(from image: RGBImage, width: Int, height: Int) throws -> RGBImage {
        if image.width == width, image.height == height { return image }
        let frame = try Frame(image)
        return try self.image(from: frame, width: width, height: height)
    }

    /// An RGB picture as a frame for an encoder.
    mutating func frame(
        from image: RGBImage, width: Int, height: Int, format: AVPixelFormat, color: ColorDescription
    ) throws -> Frame {
        try checkSize(width, height)
        let frame = try Frame(width: width, height: height, format: format)
        let source = try Frame(image)
        let colors = isRGB(format) ? ColorDescription.rgb : color
        try scale(source, AV_PIX_FMT_RGB24, ColorDescription.rgb, into: frame, colors)
        frame.describe(color)
        return frame
    }

    /// A decoded frame as an encoder takes it: the very pixels where size, format and colour are right already, else
    /// scaled, through RGB only where that is the way from one colour to another or to an upright picture.
    mutating func frame(
        from frame: Frame, width: Int, height: Int, format: AVPixelFormat, color: ColorDescription
    ) throws -> Frame {
        try checkSize(width, height)
        let own = unaliased(frame.format)
        let colors = ColorDescription(of: frame.handle).resolved(
            width: Int(frame.handle.pointee.width), height: Int(frame.handle.pointee.height), format: own)
        let isSameColor =
            isRGB(own) == isRGB(format)
            && (isRGB(own) || (colors.swscaleMatrix == color.swscaleMatrix && colors.isFull == color.isFull))
        guard frame.orientation.isUpright, !hasAlpha(own), isSameColor else {
            let image = try image(from: frame, width: width, height: height)
            return try self.frame(from: image, width: width, height: height, format: format, color: color)
        }
        let result: Frame
        if frame.width == width, frame.height == height, own == unaliased(format) {
            result = try Frame(sharingPixelsOf: frame)
            result.handle.pointee.format = format.rawValue
        } else {
            result = try Frame(width: width, height: height, format: format)
            let own = isRGB(own) ? ColorDescription.rgb : colors
            try scale(frame, unaliased(frame.format), own, into: result, isRGB(format) ? ColorDescription.rgb : color)
        }
        result.describe(color)
        return result
    }

    private func checkSize(_ width: Int, _ height: Int) throws {
        guard width > 0, height > 0, width <= 65535, height <= 65535 else {
            throw MediaError(.badOption, "\(width)x\(height) is not a size for a picture; give 1 to 65535 each way")
        }
    }

    private mutating func scale(
        _ source: Frame, _ sourceFormat: AVPixelFormat, _ sourceColor: ColorDescription, into target: Frame,
        _ targetColor: ColorDescription
    ) throws {
        let (from, to) = (source.handle, target.handle)
        let setup = Setup(
            sourceWidth: from.pointee.width, sourceHeight: from.pointee.height, targetWidth: to.pointee.width,
            targetHeight: to.pointee.height, source: sourceFormat, target: target.format, sourceColor: sourceColor,
            targetColor: targetColor)
        let context = try prepare(setup)
        let code = withUnsafePointer(to: &from.pointee.data) { data in
            withUnsafePointer(to: &to.pointee.data) { out in
                data.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 8) { data in
                    out.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 8) { out in
                        withUnsafePointer(to: &from.pointee.linesize) { strides in
                            withUnsafePointer(to: &to.pointee.linesize) { outStrides in
                                strides.withMemoryRebound(to: Int32.self, capacity: 8) { strides in
                                    outStrides.withMemoryRebound(to: Int32.self, capacity: 8) { outStrides in
                                        sws_scale(context, data, strides, 0, setup.sourceHeight, out, outStrides)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        try check("sws_scale", code, as: .internal, "the picture could not be converted")
    }

    private mutating func prepare(_ setup: Setup) throws -> OpaquePointer {
        if let found = contexts.firstIndex(where: { $0.setup == setup }) { return contexts[found].handle }
        let flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT
        let made = sws_getContext(
            setup.sourceWidth, setup.sourceHeight, setup.source, setup.targetWidth, setup.targetHeight, setup.target,
            flags, nil, nil, nil)
        guard let made else {
            let name = av_get_pix_fmt_name(setup.source).map { String(cString: $0) } ?? "this"
            throw MediaError(
                .unsupported, "the pixel format \(name) cannot be converted; convert the input to yuv420p first")
        }
        // The third and fourth are ranges: 1 is full. Brightness 0, contrast and saturation 1 in 16.16.
        sws_setColorspaceDetails(
            made, sws_getCoefficients(setup.sourceColor.swscaleMatrix), setup.sourceColor.isFull ? 1 : 0,
            sws_getCoefficients(setup.targetColor.swscaleMatrix), setup.targetColor.isFull ? 1 : 0, 0, 1 << 16, 1 << 16)
        if contexts.count == Scaler.kept { sws_freeContext(contexts.removeFirst().handle) }
        contexts.append((setup, made))
        return made
    }
}

extension ColorDescription {
    /// RGB as swscale has it described: full range; the matrix is not used.
    static var rgb: ColorDescription {
        var color = ColorDescription()
        (color.matrix, color.range) = (AVCOL_SPC_RGB, AVCOL_RANGE_JPEG)
        return color
    }
}

extension Frame {
    /// An empty picture with memory of its own.
    convenience init(width: Int, height: Int, format: AVPixelFormat) throws {
        try self.init()
        handle.pointee.width = Int32(width)
        handle.pointee.height = Int32(height)
        handle.pointee.format = format.rawValue
        try check("av_frame_get_buffer", av_frame_get_buffer(handle, 0), as: .internal, "no memory for a picture")
    }

    /// The pixels of another frame, not copied, without anything else that its decoder said of it: a type would make
    /// an encoder follow the source's key frames.
    convenience init(sharingPixelsOf other: Frame) throws {
        try self.init()
        try check("av_frame_ref", av_frame_ref(handle, other.handle), as: .internal, "no memory for a picture")
        handle.pointee.pict_type = AV_PICTURE_TYPE_NONE
        handle.pointee.key_frame = 0
        handle.pointee.interlaced_frame = 0
        handle.pointee.repeat_pict = 0
        handle.pointee.sample_aspect_ratio = AVRational(num: 0, den: 1)
        while handle.pointee.nb_side_data > 0, let first = handle.pointee.side_data.pointee {
            av_frame_remove_side_data(handle, first.pointee.type)
        }
        av_dict_free(&handle.pointee.metadata)
    }

    /// Says what its numbers mean.
    func describe(_ color: ColorDescription) {
        handle.pointee.colorspace = isRGB(format) ? AVCOL_SPC_RGB : color.matrix
        handle.pointee.color_range = isRGB(format) ? AVCOL_RANGE_JPEG : color.range
        handle.pointee.color_primaries = color.primaries
        handle.pointee.color_trc = color.transfer
    }

    /// A copy of an RGB image, in rows as aligned as swscale likes them.
    convenience init(_ image: RGBImage) throws {
        try self.init(width: image.width, height: image.height, format: AV_PIX_FMT_RGB24)
        guard let rows = handle.pointee.data.0 else { throw outOfMemory() }
        let stride = Int(handle.pointee.linesize.0)
        image.bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            for row in 0..<image.height {
                (rows + row * stride).update(from: base + row * image.width * 3, count: image.width * 3)
            }
        }
    }
}
