import Basics
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
        #expect(error?.exitStatus == .data)
        #expect(error?.message.contains(kind.name) == true)
        #expect(error?.message.contains("ffmpeg -i INPUT -vf zscale") == true)
    }

    /// ffmpeg's own conversion to RGB passes transparency over as well, and a fourth byte that is padding may be 0.
    @Test(arguments: ["rgba", "bgra", "argb", "ya8", "yuva420p", "gbrap"])
    func transparencyIsPassedOver(_ format: String) throws {
        let scratch = try Scratch()
        try FFmpegTool.make(
            scratch("in.nut"),
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=0.2,format=\(format),colorchannelmixer=aa=0", "-c:v",
                "rawvideo", "-pix_fmt", format,
            ])
        try FFmpegTool.make(
            scratch("want.png"),
            [
                "-i", scratch("in.nut"), "-frames:v", "1", "-pix_fmt", "rgb24", "-sws_flags",
                "accurate_rnd+full_chroma_int",
            ])
        let want = try #require(try firstImage(scratch("want.png")))
        let got = try #require(try firstImage(scratch("in.nut")))
        #expect(want.bytes.contains { $0 > 200 })
        #expect(psnr(want.bytes, got.bytes) > 35)
    }

    /// Grey that says nothing of its range reaches from black to white, whatever its depth.
    @Test(arguments: ["gray", "gray10le", "gray16be", "gray16le"])
    func untaggedGrey(_ format: String) throws {
        let scratch = try Scratch()
        let pixels = (0..<256).flatMap { level -> [UInt8] in
            switch format {
            case "gray": [UInt8(level)]
            case "gray10le": [UInt8(level << 2 & 255), UInt8(level >> 6)]
            default: [UInt8(level), UInt8(level)]
            }
        }
        try Data(pixels).write(to: URL(fileURLWithPath: scratch("grey.raw")))
        try FFmpegTool.make(
            scratch("in.nut"),
            ["-f", "rawvideo", "-pix_fmt", format, "-s", "16x16", "-i", scratch("grey.raw"), "-c:v", "rawvideo"])
        let image = try #require(try firstImage(scratch("in.nut")))
        for (level, byte) in stride(from: 0, to: image.bytes.count, by: 3).map({ image.bytes[$0] }).enumerated() {
            #expect(abs(Int(byte) - level) <= 1, "\(level) became \(byte)")
        }
    }

    /// A JPEG that Exif turns has its size turned with it, in whatever comes out.
    @Test(arguments: 1...8)
    func picturesTurnedByExif(_ orientation: UInt8) throws {
        let scratch = try Scratch()
        try FFmpegTool.make(
            scratch("plain.jpg"), ["-f", "lavfi", "-i", "testsrc2=s=96x64", "-frames:v", "1", "-q:v", "1"])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: scratch("plain.jpg")))
        // An APP1 segment with one entry, tag 0x0112, behind the start of the image.
        let tiff: [UInt8] = [
            0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ]
        let body: [UInt8] = Array("Exif\0\0".utf8) + tiff
        bytes.insert(contentsOf: [0xFF, 0xE1, 0, UInt8(body.count + 2)] + body, at: 2)
        try bytes.write(to: URL(fileURLWithPath: scratch("in.jpg")))
        let plain = try #require(try firstImage(scratch("plain.jpg")))
        // What Exif says each of them is to be turned by.
        let filters = [
            "null", "hflip", "hflip,vflip", "vflip", "transpose=0", "transpose=1", "transpose=3", "transpose=2",
        ]
        try Data(plain.png()).write(to: URL(fileURLWithPath: scratch("plain.png")))
        try FFmpegTool.make(scratch("want.png"), ["-i", scratch("plain.png"), "-vf", filters[Int(orientation) - 1]])
        let want = try #require(try firstImage(scratch("want.png")))
        let passed = try pass(scratch("in.jpg"), to: scratch("out.png"))
        #expect((passed.info.width, passed.info.height) == (want.width, want.height))
        let got = try #require(try firstImage(scratch("out.png")))
        #expect((got.width, got.height) == (want.width, want.height))
        #expect(psnr(want.bytes, got.bytes) > 50)
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
