import CFFmpeg
import MediaTools
import Testing

@testable import Media

/// What is kept of the source is the source, and what lies over it is mixed right, in every layout that an encoder takes.
@Suite(.serialized) struct MixingTests {
    private func image(_ width: Int, _ height: Int, seed: Int) -> RGBImage {
        RGBImage(
            width: width, height: height, bytes: (0..<width * height * 3).map { UInt8(($0 * seed + $0 / 7) % 256) })
    }

    private func frame(_ image: RGBImage, _ format: AVPixelFormat) throws -> Frame {
        var scaler = Scaler()
        var color = ColorDescription()
        (color.matrix, color.range) = (AVCOL_SPC_BT709, AVCOL_RANGE_MPEG)
        return try scaler.frame(from: image, width: image.width, height: image.height, format: format, color: color)
    }

    private func bytes(_ frame: Frame, _ planes: [PlaneLayout]) -> [[UInt8]] {
        planes.indices.map { index in
            guard let (start, stride) = frame.plane(index) else { return [] }
            return (0..<planes[index].rows).flatMap { row in
                Array(UnsafeBufferPointer(start: start + row * stride, count: planes[index].rowBytes))
            }
        }
    }

    private static let formats = [
        AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P, AV_PIX_FMT_NV12, AV_PIX_FMT_RGB24, AV_PIX_FMT_BGRA,
        AV_PIX_FMT_GBRP, AV_PIX_FMT_GRAY8,
    ]

    @Test(arguments: formats.map(\.rawValue), [0, 0.3, 0.5, 1])
    func mixesAsSlowArithmeticDoes(_ format: Int32, _ blend: Double) throws {
        let (format, width, height) = (AVPixelFormat(rawValue: format), 37, 23)
        let planes = try #require(PlaneLayout.planes(of: format, width: width, height: height))
        let (source, restyled) = (try frame(image(width, height, seed: 31), format), image(width, height, seed: 77))
        var mask = RGBImage(width: width, height: height)
        for pixel in 0..<width * height where pixel % width >= 12 {
            let grey: UInt8 = pixel % width >= 24 ? 255 : 100
            for channel in 0..<3 { mask.bytes[3 * pixel + channel] = grey }
        }
        for mask in [nil, mask] {
            let mixed = try frame(restyled, format)
            let (a, b) = (bytes(source, planes), bytes(mixed, planes))
            var mixer = FrameMixer(mask: mask)
            mixer.mix(source, into: mixed, blend: blend)
            let result = bytes(mixed, planes)
            for (index, plane) in planes.enumerated() {
                let across = plane.rowBytes / plane.step
                for position in result[index].indices {
                    let x = (position % plane.rowBytes) / plane.step
                    let share = (1 - blend) * (mask == nil ? 1 : Self.weight(x, plane, width))
                    let (own, other) = (Double(a[index][position]), Double(b[index][position]))
                    // Half a step of 256 of the share, and the rounding.
                    #expect(abs(Double(result[index][position]) - (own + (other - own) * share)) <= 1.01)
                    if share == 0 { #expect(result[index][position] == a[index][position]) }
                    if share == 1 { #expect(result[index][position] == b[index][position]) }
                    #expect(x < across)
                }
            }
        }
    }

    /// The mask's mean over what a sample covers.
    private static func weight(_ x: Int, _ plane: PlaneLayout, _ width: Int) -> Double {
        let columns = (x << plane.shiftX)..<min((x + 1) << plane.shiftX, width)
        return columns.reduce(0.0) { $0 + ($1 < 12 ? 0 : $1 < 24 ? 100.0 / 255 : 1) } / Double(columns.count)
    }

    @Test func formatsWithoutAByteAPixelAreLeftToRGB() {
        for format in [AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUYV422, AV_PIX_FMT_PAL8, AV_PIX_FMT_RGB565LE] {
            #expect(PlaneLayout.planes(of: format, width: 8, height: 8) == nil)
        }
    }

    @Test(arguments: ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "gray", "bgr0"])
    func aFrameThatFitsIsHandedOnToTheBit(_ format: String) throws {
        let scratch = try Scratch()
        try FFmpegTool.make(
            scratch("in.mkv"), ["-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=1", "-pix_fmt", format, "-c:v", "ffv1"])
        let source = try VideoSource(scratch("in.mkv"))
        var options = SinkOptions()
        (options.codec, options.pixelFormat) = ("ffv1", format)
        let sink = try VideoSink(scratch("out.mkv"), from: source.info, options)
        while let item = try source.next() {
            guard case .frame(let frame) = item else { continue }
            let prepared = try sink.prepare(frame)
            try sink.write(prepared, pts: frame.pts, duration: frame.duration)
        }
        try sink.finish()
        let sums = try ["in.mkv", "out.mkv"].map {
            try FFmpegTool.run(
                "ffmpeg", ["-v", "error", "-i", scratch($0), "-pix_fmt", format, "-f", "rawvideo", "-f", "md5", "-"])
        }
        #expect(sums[0] == sums[1])
        #expect(sink.framesWritten == 25)
    }

    /// The decoder's picture types must not steer the encoder: an encoder chooses its own key frames.
    @Test func keyFramesAreTheEncodersOwn() throws {
        let scratch = try Scratch()
        try FFmpegTool.make(
            scratch("in.mp4"),
            ["-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=2", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "5"])
        let source = try VideoSource(scratch("in.mp4"))
        var options = SinkOptions()
        options.encoderOptions = [("g", "250"), ("sc_threshold", "0")]
        let sink = try VideoSink(scratch("out.mp4"), from: source.info, options)
        while let item = try source.next() {
            guard case .frame(let frame) = item else { continue }
            try sink.write(sink.prepare(frame), pts: frame.pts, duration: frame.duration)
        }
        try sink.finish()
        let flags = try FFmpegTool.probe(scratch("out.mp4"), "frame=key_frame", ["-select_streams", "v"])
        #expect(flags.filter { $0.hasPrefix("1") }.count == 1)
    }
}
