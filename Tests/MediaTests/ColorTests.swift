import CFFmpeg
import Foundation
import MediaTools
import Testing

@testable import Media

/// Our RGB against ffmpeg's own, and there and back again.
@Suite(.serialized) struct ColorTests {
    static let kinds: [(matrix: String, range: String, format: String)] = [
        ("bt709", "tv", "yuv420p"), ("bt709", "pc", "yuv444p"), ("smpte170m", "tv", "yuv422p"),
        ("bt470bg", "pc", "yuv420p"), ("bt2020nc", "tv", "yuv420p10le"), ("smpte240m", "tv", "yuv444p"),
        ("fcc", "tv", "yuv420p"), ("bt709", "tv", "yuv444p12le"),
    ]

    @Test(arguments: kinds)
    func rgbIsFFmpegs(_ kind: (matrix: String, range: String, format: String)) throws {
        let scratch = try Scratch()
        let input = scratch("in.mkv")
        try FFmpegTool.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=320x240:r=5:d=0.2,format=rgb24", "-vf",
                "scale=out_color_matrix=\(kind.matrix == "bt2020nc" ? "bt2020" : kind.matrix):out_range=\(kind.range),format=\(kind.format)",
                "-c:v", "ffv1", "-colorspace", kind.matrix, "-color_range", kind.range,
            ])
        let image = try #require(try firstImage(input))
        try FFmpegTool.make(
            scratch("want.rgb"),
            [
                "-i", input, "-frames:v", "1", "-sws_flags",
                "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact",
                "-f", "rawvideo", "-pix_fmt", "rgb24",
            ])
        let want = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch("want.rgb"))))
        #expect(psnr(image.bytes, want) >= 45)
    }

    /// The picture that was made and the one that comes out of an output, through lossless codecs: only rounding and
    /// chroma are lost, never a shade.
    @Test(arguments: kinds.filter { $0.format != "yuv420p10le" })
    func roundTripKeepsColors(_ kind: (matrix: String, range: String, format: String)) throws {
        let scratch = try Scratch()
        try FFmpegTool.make(
            scratch("in.mkv"),
            [
                "-f", "lavfi", "-i", "smptebars=s=320x240:r=5:d=0.2,format=rgb24", "-vf",
                "scale=out_color_matrix=\(kind.matrix):out_range=\(kind.range),format=\(kind.format)",
                "-c:v", "ffv1", "-colorspace", kind.matrix, "-color_range", kind.range,
            ])
        var options = SinkOptions()
        options.codec = "ffv1"
        options.pixelFormat = "yuv444p"
        let passed = try pass(scratch("in.mkv"), to: scratch("out.mkv"), SourceOptions(), options)
        #expect(passed.error == nil)
        let tags = try FFmpegTool.probe(scratch("out.mkv"), "stream=color_space,color_range")
        #expect(tags.first == "\(kind.range),\(kind.matrix)")
        let before = try #require(try firstImage(scratch("in.mkv")))
        let after = try #require(try firstImage(scratch("out.mkv")))
        #expect(psnr(before.bytes, after.bytes) >= 45)
    }

    @Test(arguments: [("smpte2084", "PQ"), ("arib-std-b67", "HLG")])
    func hdrIsRefusedWithTheRemedy(_ kind: (transfer: String, name: String)) throws {
        let scratch = try Scratch()
        try FFmpegTool.make(
            scratch("in.mkv"),
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=0.4", "-c:v", "libx265", "-pix_fmt", "yuv420p10le",
                "-x265-params", "log-level=error", "-color_trc", kind.transfer, "-colorspace", "bt2020nc",
                "-color_primaries", "bt2020",
            ])
        let error = #expect(throws: MediaError.self) { try VideoSource(scratch("in.mkv")) }
        #expect(error?.code == .unsupported)
        #expect(error?.exitCode == 65)
        #expect(error?.message.contains(kind.name) == true)
        #expect(error?.message.contains("ffmpeg -i INPUT -vf zscale") == true)
    }

    @Test func transparencyIsLaidOnBlack() throws {
        let scratch = try Scratch()
        try FFmpegTool.make(
            scratch("in.png"),
            ["-f", "lavfi", "-i", "color=white@0.5:s=16x16,format=rgba", "-frames:v", "1"])
        let image = try #require(try firstImage(scratch("in.png")))
        #expect(image.bytes.allSatisfy { (126...129).contains($0) })
    }

    /// Pictures of many kinds, and back, hold their colours.
    @Test(arguments: ["png", "jpg", "webp", "bmp", "tiff"])
    func stillsGoThrough(_ ending: String) throws {
        let scratch = try Scratch()
        try FFmpegTool.make(
            scratch("in.\(ending)"),
            ["-f", "lavfi", "-i", "smptebars=s=161x121", "-frames:v", "1"]
                + (ending == "png" ? ["-pix_fmt", "rgb24"] : []))
        let passed = try pass(scratch("in.\(ending)"), to: scratch("out.\(ending)"))
        #expect(passed.info.isStill)
        #expect(passed.frames.count == 1)
        let before = try #require(try firstImage(scratch("in.\(ending)")))
        let after = try #require(try firstImage(scratch("out.\(ending)")))
        #expect((after.width, after.height) == (161, 121))
        #expect(psnr(before.bytes, after.bytes) >= (ending == "jpg" ? 32 : ending == "webp" ? 28 : 55))
    }
}

/// The first frame at its own size.
func firstImage(_ path: String, _ options: SourceOptions = SourceOptions()) throws -> RGBImage? {
    let source = try VideoSource(path, options)
    var scaler = Scaler()
    while let item = try source.next() {
        if case .frame(let frame) = item {
            return try scaler.image(from: frame, width: frame.width, height: frame.height)
        }
    }
    return nil
}

/// Peak signal to noise, in decibels; infinite for equals, 0 for different sizes.
func psnr(_ a: [UInt8], _ b: [UInt8]) -> Double {
    guard a.count == b.count, !a.isEmpty else { return 0 }
    var sum = 0.0
    for (x, y) in zip(a, b) {
        let d = Double(x) - Double(y)
        sum += d * d
    }
    return sum == 0 ? .infinity : 10 * log10(255 * 255 / (sum / Double(a.count)))
}
