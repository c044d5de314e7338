import Basics
import Foundation
import Glibc
import MediaTools
import Testing

@testable import Media

/// What a user can ask of input and output, each against ffprobe's word.
@Suite(.serialized) struct SourceAndSinkTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func film(_ name: String, seconds: Int = 2, _ more: [String] = []) throws -> String {
        try FFmpegTool.make(
            scratch(name),
            [
                "-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=\(seconds)", "-f", "lavfi", "-i", "sine=d=\(seconds)",
                "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac",
            ] + more)
        return scratch(name)
    }

    @Test func startAndDurationCutBoth() throws {
        let input = try film("a.mp4", seconds: 5, ["-g", "50"])
        var options = SourceOptions()
        options.start = Rational(3, 2)
        options.duration = Rational(2)
        let passed = try pass(input, to: scratch("b.mp4"), options)
        #expect(passed.error == nil)
        #expect(passed.frames.count == 50)
        #expect(
            passed.frames.first?.pts == 0
                || passed.frames.first.map { Double($0.pts) * passed.info.timeBase.seconds < 0.04 } == true)
        #expect(passed.info.duration == Rational(2))
        for line in try FFmpegTool.probe(scratch("b.mp4"), "stream=duration") {
            #expect(abs((Double(line) ?? 0) - 2) < 0.045)
        }
        // The very frame: the same picture as ffmpeg's own cut begins with.
        try FFmpegTool.make(
            scratch("want.png"),
            ["-ss", "1.5", "-i", input, "-frames:v", "1", "-sws_flags", "bicubic+accurate_rnd+full_chroma_int"])
        let want = try #require(try firstImage(scratch("want.png")))
        let got = try #require(try firstImage(input, options))
        #expect(psnr(want.bytes, got.bytes) > 35)
    }

    @Test func startBehindTheEndIsRefused() throws {
        var options = SourceOptions()
        options.start = Rational(60)
        let input = try film("a.mp4")
        let error = #expect(throws: MediaError.self) { try VideoSource(input, options) }
        #expect(error?.exitStatus == .usage)
    }

    @Test func chaptersAndWordsAreCarriedOn() throws {
        try Data(
            """
            ;FFMETADATA1
            title=A game
            artist=Nobody
            [CHAPTER]
            TIMEBASE=1/1000
            START=0
            END=900
            title=First
            [CHAPTER]
            TIMEBASE=1/1000
            START=900
            END=2000
            title=Second

            """.utf8
        ).write(to: URL(fileURLWithPath: scratch("words.txt")))
        let plain = try film("plain.mkv")
        for ending in ["mp4", "mkv"] {
            let input = scratch("in.\(ending)")
            try FFmpegTool.make(
                input,
                [
                    "-i", plain, "-i", scratch("words.txt"), "-map", "0", "-map_metadata", "1", "-c", "copy",
                    "-metadata:s:a", "language=deu",
                ])
            let output = scratch("out.\(ending)")
            _ = try pass(input, to: output)
            for entries in [
                "chapter=start_time,end_time:chapter_tags=title", "format_tags=title,artist", "stream_tags=language",
            ] {
                #expect(try FFmpegTool.probe(input, entries) == FFmpegTool.probe(output, entries))
            }
        }
    }

    @Test func subtitlesGoWhereTheyCan() throws {
        try Data("1\n00:00:00,500 --> 00:00:01,000\nHello\n\n2\n00:00:01,200 --> 00:00:01,900\nBye\n".utf8)
            .write(to: URL(fileURLWithPath: scratch("a.srt")))
        let plain = try film("plain.mkv")
        let input = scratch("in.mkv")
        try FFmpegTool.make(input, ["-i", plain, "-i", scratch("a.srt"), "-map", "0", "-map", "1", "-c", "copy"])
        #expect(try pass(input, to: scratch("out.mkv")).notes.isEmpty)
        func text(_ path: String) throws -> String {
            try FFmpegTool.run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:s:0", "-f", "srt", "-"])
        }
        #expect(try text(scratch("out.mkv")) == text(input))
        let notes = try pass(input, to: scratch("out.mp4")).notes
        #expect(notes.count == 1)
        #expect(notes.first?.contains("subtitle stream 2 (subrip) is left out: mp4 cannot hold it") == true)
        // Timed text that begins late goes from mp4 to mp4.
        try FFmpegTool.make(scratch("timed.mp4"), ["-i", input, "-map", "0", "-c", "copy", "-c:s", "mov_text"])
        #expect(try pass(scratch("timed.mp4"), to: scratch("timed2.mp4")).notes.isEmpty)
        #expect(try text(scratch("timed2.mp4")) == text(scratch("timed.mp4")))
    }

    @Test func soundTheContainerRefusesIsEncodedAnew() throws {
        let input = try film("a.mov", ["-c:a", "pcm_s16le"])
        for (ending, codec) in [("mp4", "aac"), ("webm", "opus")] {
            let passed = try pass(input, to: scratch("out.\(ending)"))
            #expect(passed.notes.count == 1)
            #expect(passed.notes.first?.contains("re-encoded") == true)
            let sound = try FFmpegTool.probe(scratch("out.\(ending)"), "stream=codec_name", ["-select_streams", "a"])
            #expect(sound == [codec])
            let length = try FFmpegTool.run(
                "ffmpeg",
                [
                    "-v", "error", "-i", scratch("out.\(ending)"), "-map", "0:a", "-f", "s16le", "-ac", "1", "-ar",
                    "44100", "-",
                ])
            _ = length
            let duration = try FFmpegTool.probe(scratch("out.\(ending)"), "format=duration").first.flatMap(Double.init)
            #expect(abs((duration ?? 0) - 2) < 0.05)
        }
    }

    @Test func shapeOnTheScreenIsKept() throws {
        try FFmpegTool.make(
            scratch("a.mp4"),
            ["-f", "lavfi", "-i", "testsrc2=s=144x96:r=25:d=0.4,setsar=16/9", "-c:v", "libx264", "-pix_fmt", "yuv420p"])
        _ = try pass(scratch("a.mp4"), to: scratch("b.mp4"))
        #expect(
            try FFmpegTool.probe(scratch("b.mp4"), "stream=width,height,sample_aspect_ratio,display_aspect_ratio") == [
                "144,96,16:9,8:3"
            ])
        var options = SinkOptions()
        (options.width, options.height) = (256, 96)
        _ = try pass(scratch("a.mp4"), to: scratch("c.mp4"), SourceOptions(), options)
        #expect(
            try FFmpegTool.probe(scratch("c.mp4"), "stream=width,height,sample_aspect_ratio,display_aspect_ratio") == [
                "256,96,1:1,8:3"
            ])
    }

    @Test(arguments: [90, 180, 270])
    func turnedFilmsComeOutUpright(_ angle: Int) throws {
        let plain = try film("plain.mp4")
        try FFmpegTool.make(scratch("in.mp4"), ["-i", plain, "-metadata:s:v", "rotate=\(angle)", "-c", "copy"])
        // ffmpeg turns by itself what it decodes.
        try FFmpegTool.make(
            scratch("want.png"),
            ["-i", scratch("in.mp4"), "-frames:v", "1", "-sws_flags", "bicubic+accurate_rnd+full_chroma_int"])
        let want = try #require(try firstImage(scratch("want.png")))
        let got = try #require(try firstImage(scratch("in.mp4")))
        #expect((got.width, got.height) == (want.width, want.height))
        #expect(psnr(want.bytes, got.bytes) > 35)
        _ = try pass(scratch("in.mp4"), to: scratch("out.mp4"))
        let tags = try FFmpegTool.run("ffprobe", ["-v", "error", "-show_streams", scratch("out.mp4")])
        #expect(!tags.contains("rotation"))
    }

    /// A clean end leaves an ordinary file: one index, no fragments, nothing beside it.
    @Test func cleanEndLeavesAnOrdinaryFile() throws {
        _ = try pass(film("a.mp4"), to: scratch("b.mp4"))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch("b.mp4")))
        #expect(bytes.range(of: Data("moof".utf8)) == nil)
        #expect(bytes.range(of: Data("stco".utf8)) != nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["a.mp4", "b.mp4"])
    }

    /// What is on the disk at any moment plays, and lacks less than a second of what was handed over.
    @Test(arguments: ["mp4", "mov", "mkv", "webm", "ts"], [5, 25, 60])
    func unfinishedFilesPlay(_ ending: String, _ rate: Int) throws {
        let frames = 8 * rate
        try FFmpegTool.make(
            scratch("a.mkv"),
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x64:r=\(rate):d=8", "-f", "lavfi", "-i", "sine=d=8", "-c:v", "ffv1",
                "-c:a", "libopus",
            ])
        let source = try VideoSource(scratch("a.mkv"))
        let sink = try VideoSink(scratch("b.\(ending)"), from: source.info)
        var scaler = Scaler()
        var written = 0
        while let item = try source.next() {
            switch item {
            case .packet(let packet): try sink.write(packet)
            case .frame(let frame):
                try sink.write(
                    scaler.image(from: frame, width: 64, height: 64), pts: frame.pts, duration: frame.duration)
                written += 1
                if written == 2 * rate || written == frames - rate / 2 {
                    try FileManager.default.copyItem(
                        atPath: scratch("b.\(ending)"), toPath: scratch("\(written).\(ending)"))
                    let there = try FFmpegTool.frameCount(scratch("\(written).\(ending)"))
                    #expect(there >= written - rate, "\(there) of \(written)")
                }
            }
        }
        try sink.finish()
        #expect(try FFmpegTool.frameCount(scratch("b.\(ending)")) == frames)
    }

    @Test func pipesGoThrough() throws {
        let input = try film("a.mkv")
        let (fifoIn, fifoOut) = (scratch("in.fifo"), scratch("out.fifo"))
        try #require(mkfifo(fifoIn, 0o600) == 0 && mkfifo(fifoOut, 0o600) == 0)
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/bin/sh")
        writer.arguments = ["-c", "cat '\(input)' > '\(fifoIn)'"]
        let reader = Process()
        reader.executableURL = URL(fileURLWithPath: "/bin/sh")
        reader.arguments = ["-c", "cat '\(fifoOut)' > '\(scratch("b.mkv"))'"]
        try writer.run()
        try reader.run()
        var options = SinkOptions()
        options.format = "matroska"
        let passed = try pass(fifoIn, to: fifoOut, SourceOptions(), options)
        writer.waitUntilExit()
        reader.waitUntilExit()
        #expect(passed.error == nil)
        #expect(passed.frames.count == 50)
        #expect(try FFmpegTool.frameCount(scratch("b.mkv")) == 50)
    }

    @Test func aPipeThatNobodyWritesEndsByTheDeadlineAndByCancel() throws {
        try #require(mkfifo(scratch("in.fifo"), 0o600) == 0)
        var options = SourceOptions()
        options.policy.timeout = .milliseconds(200)
        let path = scratch("in.fifo")
        let late = #expect(throws: MediaError.self) { try VideoSource(path, options) }
        #expect(late?.code == .timedOut)
        #expect(late?.exitStatus == .temporary)
        let interruption = Interruption()
        interruption.cancel()
        let stopped = #expect(throws: MediaError.self) {
            try VideoSource(path, SourceOptions(), interruption: interruption)
        }
        #expect(stopped?.code == .cancelled)
    }

    @Test func aPipeNeedsItsFormatTold() throws {
        let info = try VideoSource(film("a.mp4")).info
        let error = #expect(throws: MediaError.self) { try VideoSink("-", from: info) }
        #expect(error?.exitStatus == .usage)
        #expect(error?.message.contains("-f") == true)
    }

    @Test func constantRateComesOutConstant() throws {
        try FFmpegTool.make(
            scratch("in.mkv"),
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x64:r=60:d=2", "-vf", "select='not(mod(n\\,7))+lt(n\\,30)'",
                "-vsync", "vfr",
                "-c:v", "ffv1",
            ])
        let source = try VideoSource(scratch("in.mkv"))
        var converter = FrameRateConverter<RGBImage>(rate: Rational(30), timeBase: source.info.timeBase)
        var options = SinkOptions()
        (options.timeBase, options.frameRate) = (converter.outputTimeBase, Rational(30))
        let sink = try VideoSink(scratch("out.mp4"), from: source.info, options)
        var scaler = Scaler()
        func write(_ shown: FrameRateConverter<RGBImage>.Shown?) throws {
            guard let shown else { return }
            for tick in shown.ticks { try sink.write(shown.element, pts: tick, duration: 1) }
        }
        while let item = try source.next() {
            guard case .frame(let frame) = item else { continue }
            try write(
                converter.push(
                    scaler.image(from: frame, width: 64, height: 64), pts: frame.pts, duration: frame.duration))
        }
        try write(converter.finish())
        try sink.finish()
        let stream = try FFmpegTool.probe(scratch("out.mp4"), "stream=avg_frame_rate,r_frame_rate,nb_frames")
        #expect(stream == ["30/1,30/1,60"] || stream == ["30/1,30/1,59"])
    }
}
