import Foundation
import Media
import MediaTools
import Testing

/// A file comes into being with its first durable picture, and until then an old one stays as it is.
@Suite(.serialized) struct BeginningTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func source(_ rate: Int = 30) throws -> VideoSource {
        try FFmpegTool.make(
            scratch("in.mkv"),
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x48:r=\(rate):d=4", "-f", "lavfi", "-i", "sine=d=4", "-c:v", "ffv1",
                "-c:a", "libopus",
            ])
        return try VideoSource(scratch("in.mkv"))
    }

    private func names() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: scratch.path)).subtracting(["in.mkv"])
    }

    @Test(arguments: ["mp4", "mov", "mkv", "webm", "ts", "flv", "avi", "gif"], [true, false])
    func nothingIsTouchedBeforeThereIsAPicture(_ ending: String, _ isThere: Bool) throws {
        let source = try source()
        let (output, old) = (scratch("out.\(ending)"), Data("precious".utf8))
        if isThere { try old.write(to: URL(fileURLWithPath: output)) }
        func isUntouched() throws -> Bool {
            try names() == (isThere ? ["out.\(ending)"] : [])
                && (!isThere || Data(contentsOf: URL(fileURLWithPath: output)) == old)
        }
        var options = SinkOptions()
        options.overwrites = isThere
        try VideoSink(output, from: source.info, options).finish()
        #expect(try isUntouched())
        try VideoSink(output, from: source.info, options).abort()
        #expect(try isUntouched())
        let sink = try VideoSink(output, from: source.info, options)
        var scaler = Scaler()
        var wasUntouched = try isUntouched()
        #expect(wasUntouched)
        while let item = try source.next() {
            switch item {
            case .packet(let packet): try sink.write(packet)
            case .frame(let frame):
                let picture = try scaler.image(from: frame, width: 64, height: 48)
                try sink.write(picture, pts: frame.pts, duration: frame.duration)
            }
            if wasUntouched, try !isUntouched() {
                // The first moment at which there is something new, and it plays.
                wasUntouched = false
                #expect(try names() == ["out.\(ending)"])
                try FileManager.default.copyItem(atPath: output, toPath: scratch("first.\(ending)"))
                #expect(try FFmpegTool.frameCount(scratch("first.\(ending)")) > 0)
                try FileManager.default.removeItem(atPath: scratch("first.\(ending)"))
            }
        }
        try sink.finish()
        #expect(!wasUntouched)
        #expect(try FFmpegTool.frameCount(output) == 120 || ending == "gif")
        #expect(try names() == ["out.\(ending)"])
    }

    @Test func aLinkStaysALink() throws {
        let source = try source()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: scratch("real.mkv")))
        try FileManager.default.createSymbolicLink(
            atPath: scratch("out.mkv"), withDestinationPath: scratch("real.mkv"))
        var options = SinkOptions()
        options.overwrites = true
        let sink = try VideoSink(scratch("out.mkv"), from: source.info, options)
        try sink.write(RGBImage(width: 64, height: 48), pts: 0, duration: 33)
        try sink.finish()
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch("out.mkv")) == scratch("real.mkv"))
        #expect(try FFmpegTool.frameCount(scratch("real.mkv")) == 1)
    }

    /// A file that somebody else made meanwhile is not overwritten.
    @Test func aFileThatCameMeanwhile() throws {
        let source = try source()
        let sink = try VideoSink(scratch("out.ts"), from: source.info)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: scratch("out.ts")))
        let error = #expect(throws: MediaError.self) {
            for pts in 0..<40 { try sink.write(RGBImage(width: 64, height: 48), pts: Int64(pts * 33), duration: 33) }
            try sink.finish()
        }
        #expect(error?.code == .exists)
        #expect(try names() == ["out.ts"])
        #expect(try String(contentsOfFile: scratch("out.ts"), encoding: .utf8) == "precious")
    }

    /// Pictures that come slowly are durable by the clock on the wall: neither encoder nor muxer keeps a dozen.
    @Test(arguments: ["mp4", "mov", "mkv", "webm", "ts"])
    func slowPicturesAreDurable(_ ending: String) throws {
        let source = try source()
        let sink = try VideoSink(scratch("out.\(ending)"), from: source.info)
        for index in 0..<5 {
            let shade = UInt8(index * 40)
            try sink.write(
                RGBImage(width: 64, height: 48, red: shade, green: 9, blue: 9), pts: Int64(index * 33), duration: 33)
            usleep(600_000)
        }
        try FileManager.default.copyItem(atPath: scratch("out.\(ending)"), toPath: scratch("then.\(ending)"))
        #expect(try FFmpegTool.frameCount(scratch("then.\(ending)")) >= 4)
        try sink.finish()
        #expect(try FFmpegTool.frameCount(scratch("out.\(ending)")) == 5)
    }
}
