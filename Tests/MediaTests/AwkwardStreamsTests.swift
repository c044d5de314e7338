import Basics
import Foundation
import MediaTools
import Testing

@testable import Media

/// Streams that are late, silent, many, none or of other lengths, in every container: nothing is lost, shifted or noise.
@Suite(.serialized) struct AwkwardStreamsTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// A kind of input.
    enum Streams: String, CaseIterable, CustomTestStringConvertible {
        case silentFilm, plain, soundThatBeginsLate, soundThatEndsEarly, soundThatGoesOn, soundWithAGap, threeSounds
        case threeSoundsOfWhichTheSecondIsUsual, pictureThatBeginsLate, lateAC3

        var testDescription: String { rawValue }

        /// Sound as (begins, ends) in seconds of a film of 8 s; the one that a player takes first comes first.
        var sounds: [(begins: Double, ends: Double)] {
            switch self {
            case .silentFilm: []
            case .plain, .pictureThatBeginsLate: [(0, 8)]
            case .soundThatBeginsLate, .lateAC3: [(6, 8)]
            case .soundThatEndsEarly: [(0, 2)]
            case .soundThatGoesOn: [(0, 11)]
            case .soundWithAGap: [(0, 8)]
            case .threeSounds, .threeSoundsOfWhichTheSecondIsUsual: [(0, 8), (0, 8), (0, 8)]
            }
        }

        func make(_ path: String, rate: Int = 25) throws {
            var arguments = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=\(rate):d=8"]
            if self == .pictureThatBeginsLate { arguments = ["-itsoffset", "2"] + arguments }
            for (index, sound) in sounds.enumerated() {
                let tone = "sine=f=\(440 * (index + 1)):r=48000:d=\(sound.ends - sound.begins)"
                let gap = self == .soundWithAGap ? ",aselect='lt(t,2)+gt(t,5)'" : ""
                arguments += ["-itsoffset", "\(sound.begins)", "-f", "lavfi", "-i", tone + gap]
            }
            for input in 0...sounds.count { arguments += ["-map", "\(input)"] }
            arguments += ["-c:v", "mpeg4", "-q:v", "4", "-g", "12", "-c:a", self == .lateAC3 ? "ac3" : "aac"]
            if self == .threeSoundsOfWhichTheSecondIsUsual {
                arguments += ["-disposition:a:0", "0", "-disposition:a:1", "default"]
            }
            try FFmpegTool.make(path, arguments)
        }
    }

    static let inputs = runsAll ? ["mkv", "mp4", "ts", "mov", "nut", "avi"] : ["mkv", "ts"]
    static let outputs =
        runsAll ? ["mp4", "mov", "mkv", "webm", "ts", "flv", "avi", "nut", "gif"] : ["mp4", "mkv", "ts", "flv"]
    static let runsAll = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"
    /// Every fifth in the ordinary run, so that each kind and each container is in it.
    static let product: [(Streams, input: String, output: String)] = Streams.allCases.flatMap { streams in
        inputs.flatMap { input in outputs.map { (streams, input, $0) } }
    }.enumerated().filter { runsAll || $0.offset % 5 == 0 }.map(\.element)

    @Test(arguments: product)
    func everySetInEveryContainer(_ streams: Streams, _ input: String, _ output: String) throws {
        let (film, out) = (scratch("in.\(input)"), scratch("out.\(output)"))
        // AVI knows no time but from the beginning.
        if input == "avi", [.soundThatBeginsLate, .lateAC3, .pictureThatBeginsLate, .soundWithAGap].contains(streams) {
            return
        }
        try streams.make(film)
        let source = try VideoSource(film)
        let sink = try VideoSink(out, from: source.info)
        var scaler = Scaler()
        var (written, shortest) = (0, Int.max)
        while let item = try source.next() {
            switch item {
            case .packet(let packet): try sink.write(packet)
            case .frame(let frame):
                let picture = try scaler.image(from: frame, width: 64, height: 48)
                try sink.write(picture, pts: frame.pts, duration: frame.duration)
                written += 1
                // AC-3 is described by its first packet, which mp4 and mov must wait for.
                if written == 100, streams != .lateAC3 || !["mp4", "mov"].contains(output) {
                    // What a killed process would leave, long before late sound begins.
                    try FileManager.default.copyItem(atPath: out, toPath: scratch("then.\(output)"))
                    shortest = try FFmpegTool.frameCount(scratch("then.\(output)"))
                }
            }
        }
        try sink.finish()
        #expect(written == 200)
        #expect(shortest >= 75 || output == "gif", "\(shortest) of 100 would have been left")
        #expect(try FFmpegTool.frameCount(out) == 200 || output == "gif")
        if output != "gif" { try FFmpegTool.decode(out) }
        // Sound where it was, against the picture; what is not there is told of.
        let wanted = streams.sounds
        let kept = try sounds(out)
        #expect(kept + sink.notes.filter { $0.contains("is left out") }.count == wanted.count, "\(sink.notes)")
        #expect(kept == (output == "gif" ? 0 : output == "flv" ? min(wanted.count, 1) : wanted.count))
        guard kept > 0, output != "avi" else { return }
        let (before, after) = (try offsets(film), try offsets(out))
        for (a, b) in zip(before, after) where kept == wanted.count {
            #expect(abs(a.begins - b.begins) < 0.06, "begins \(a.begins), and \(b.begins)")
            #expect(abs(a.ends - b.ends) < 0.1, "ends \(a.ends), and \(b.ends)")
        }
        if output == "flv", streams == .threeSoundsOfWhichTheSecondIsUsual, input == "mkv" {
            #expect(sink.notes.allSatisfy { !$0.contains("stream 2 ") }, "\(sink.notes)")
        }
    }

    /// Some formats list their streams once more by programme.
    private func sounds(_ path: String) throws -> Int {
        Set(try FFmpegTool.probe(path, "stream=index", ["-select_streams", "a"])).count
    }

    /// When each sound's first and last packets are, in seconds from the first picture.
    private func offsets(_ path: String) throws -> [(begins: Double, ends: Double)] {
        func times(_ stream: String) throws -> [Double] {
            try FFmpegTool.probe(path, "packet=pts_time", ["-select_streams", stream]).compactMap(Double.init).sorted()
        }
        let zero = try times("v:0").first ?? 0
        return try (0..<sounds(path)).map { index in
            let packets = try times("a:\(index)")
            return ((packets.first ?? -9) - zero, (packets.last ?? -9) - zero)
        }
    }

    /// Takes a stream's packets out of a transport stream; its tables still announce it.
    private func silence(_ path: String, pid: Int) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var kept = Data()
        for start in stride(from: 0, to: bytes.count - 187, by: 188)
        where Int(bytes[start + 1] & 31) << 8 | Int(bytes[start + 2]) != pid {
            kept.append(contentsOf: bytes[start..<start + 188])
        }
        try kept.write(to: URL(fileURLWithPath: path))
    }

    @Test(arguments: ["mp4", "mkv", "ts", "flv"])
    func soundThatIsAnnouncedAndNeverComes(_ output: String) throws {
        try Streams.plain.make(scratch("in.ts"))
        try silence(scratch("in.ts"), pid: 0x101)
        let passed = try pass(scratch("in.ts"), to: scratch("out.\(output)"))
        #expect(passed.info.streams.isEmpty)
        #expect(passed.info.notes.contains { $0.contains("audio stream 1 (aac) is left out") }, "\(passed.info.notes)")
        #expect(try FFmpegTool.frameCount(scratch("out.\(output)")) == 200)
    }

    /// The sound of a film changes its channels on the way: one description does not fit both.
    @Test(arguments: ["mp4", "mkv"])
    func soundThatChanges(_ output: String) throws {
        for (name, more) in [("a.ts", ["-ac", "2"]), ("b.ts", ["-ac", "6"])] {
            try FFmpegTool.make(
                scratch(name),
                [
                    "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", "-f", "lavfi", "-i", "sine=r=48000:d=2", "-c:v",
                    "mpeg4", "-q:v", "4", "-c:a", "aac",
                ] + more)
        }
        var both = try Data(contentsOf: URL(fileURLWithPath: scratch("a.ts")))
        both.append(try Data(contentsOf: URL(fileURLWithPath: scratch("b.ts"))))
        try both.write(to: URL(fileURLWithPath: scratch("in.ts")))
        let passed = try pass(scratch("in.ts"), to: scratch("out.\(output)"))
        #expect(passed.notes.contains { $0.contains("has changed on the way") }, "\(passed.notes)")
        try FFmpegTool.decode(scratch("out.\(output)"))
        let packets = try FFmpegTool.probe(scratch("out.\(output)"), "packet=pts_time", ["-select_streams", "a"])
        #expect((80...100).contains(packets.count), "\(packets.count) packets of sound")
    }

    // MARK: Beginning in the middle

    /// The very pictures that ffmpeg shows from there on, however the container is made.
    @Test(arguments: ["ts", "mpg", "mkv", "mp4", "flv", "nut", "ogv", "gif", "webm"])
    func beginningInTheMiddle(_ ending: String) throws {
        let input = scratch("a.\(ending)")
        let codec =
            switch ending {
            case "mpg": ["-c:v", "mpeg2video", "-q:v", "3"]
            case "ogv": ["-c:v", "libtheora", "-q:v", "8"]
            case "gif": ["-r", "25"]
            case "webm": ["-c:v", "libvpx", "-b:v", "1M", "-g", "100"]
            default: ["-c:v", "libx264", "-pix_fmt", "yuv420p"]
            }
        try FFmpegTool.make(input, ["-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=10"] + codec)
        var options = SourceOptions()
        (options.start, options.duration) = (Rational(4), Rational(2))
        let source = try VideoSource(input, options)
        var scaler = Scaler()
        var pictures: [RGBImage] = []
        while let item = try source.next() {
            if case .frame(let frame) = item {
                pictures.append(try scaler.image(from: frame, width: 160, height: 96))
            }
        }
        #expect(pictures.count == 50)
        // Decoded from the beginning.
        try FFmpegTool.make(
            scratch("want.png"),
            [
                "-i", input, "-vf", "select=eq(n\\,100)", "-frames:v", "1", "-sws_flags",
                "bicubic+accurate_rnd+full_chroma_int", "-pix_fmt", "rgb24",
            ])
        let want = try #require(try firstImage(scratch("want.png")))
        #expect(psnr(want.bytes, try #require(pictures.first).bytes) > 35)
    }

    @Test func aRunWithoutAPictureIsAnError() throws {
        try FFmpegTool.make(
            scratch("a.mkv"),
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=3", "-f", "lavfi", "-i", "sine=d=10", "-c:v", "mpeg4",
                "-c:a", "aac",
            ])
        var late = SourceOptions()
        late.start = Rational(5)
        let behind = try pass(scratch("a.mkv"), to: scratch("out.mp4"), late).error
        #expect(behind?.exitStatus == .usage)
        #expect(behind?.message.contains("beyond the last picture, at 2.9") == true, "\(String(describing: behind))")
        try Streams.pictureThatBeginsLate.make(scratch("b.mkv"))
        var short = SourceOptions()
        short.duration = Rational(1)
        let before = try pass(scratch("b.mkv"), to: scratch("out.mp4"), short).error
        #expect(before?.exitStatus == .usage)
        #expect(before?.message.contains("the next is at 2.0") == true, "\(String(describing: before))")
        #expect(!FileManager.default.fileExists(atPath: scratch("out.mp4")))
    }

    // MARK: Which video

    /// The film and not its thumbnail, as the ffmpeg program has it; and whichever is asked for.
    @Test(arguments: ["mkv", "ts"])
    func theLargerOfTwoVideos(_ ending: String) throws {
        try FFmpegTool.make(
            scratch("in.\(ending)"),
            [
                "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1",
                "-map", "0", "-map", "1", "-c:v", "mpeg4", "-disposition:v", "0",
            ])
        #expect(try VideoSource(scratch("in.\(ending)")).info.width == 320)
        for (place, width) in [(0, 160), (1, 320)] {
            var options = SourceOptions()
            options.videoStream = place
            let source = try VideoSource(scratch("in.\(ending)"), options)
            #expect(source.info.width == width)
            guard case .frame(let frame)? = try source.next() else {
                Issue.record("no picture")
                continue
            }
            #expect(frame.width == width)
        }
        var options = SourceOptions()
        options.videoStream = 2
        let input = scratch("in.\(ending)")
        let error = #expect(throws: MediaError.self) { try VideoSource(input, options) }
        #expect(error?.exitStatus == .usage)
    }

    // MARK: Time at the end, and what is said of the rate

    /// The last picture of a GIF is shown for 3 s, and so it is in what comes out.
    @Test(arguments: ["mp4", "mov", "mkv"])
    func theLastPictureLasts(_ ending: String) throws {
        try FFmpegTool.make(
            scratch("in.gif"),
            ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=0.2", "-final_delay", "300"])
        #expect(try pass(scratch("in.gif"), to: scratch("out.\(ending)")).frames.count == 2)
        let length = try #require(try FFmpegTool.probe(scratch("out.\(ending)"), "format=duration").first)
        #expect(abs((Double(length) ?? 0) - 3.1) < 0.02, "\(length)")
        try FFmpegTool.make(
            scratch("in.mov"),
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x48:r=15:d=2", "-c:v", "mpeg4", "-video_track_timescale", "600",
            ])
        _ = try pass(scratch("in.mov"), to: scratch("out2.\(ending)"))
        let second = try #require(try FFmpegTool.probe(scratch("out2.\(ending)"), "format=duration").first)
        #expect(abs((Double(second) ?? 0) - 2) < 0.01, "\(second)")
    }

    /// Every timestamp of the source is kept, and the rate that is told is still the video's and not the clock's.
    @Test(arguments: ["h264", "ts", "avi", "mkv", "mp4", "flv", "hevc"])
    func theRateIsTheVideos(_ ending: String) throws {
        try FFmpegTool.make(
            scratch("in.mkv"), ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=30:d=2", "-c:v", "mpeg4", "-q:v", "4"])
        var options = SinkOptions()
        if ending == "hevc" { options.codec = "libx265" }
        _ = try pass(scratch("in.mkv"), to: scratch("out.\(ending)"), SourceOptions(), options)
        let rate = try FFmpegTool.probe(scratch("out.\(ending)"), "stream=r_frame_rate", ["-select_streams", "v"])
        #expect(rate.first == "30/1", "\(rate)")
        #expect(try FFmpegTool.frameCount(scratch("out.\(ending)")) == 60)
    }
}
