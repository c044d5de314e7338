import Basics
import Foundation
import Glibc
import Media
import MediaTools
import Testing

/// Whatever is wrong with an input or output: a sentence, the right exit code, and all that could be read delivered.
@Suite(.serialized) struct FaultTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func film(_ name: String, _ more: [String] = []) throws -> String {
        try FFmpegTool.make(
            scratch(name),
            [
                "-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=4", "-f", "lavfi", "-i", "sine=d=4", "-c:v", "libx264",
                "-g", "25",
                "-pix_fmt", "yuv420p", "-c:a", "aac",
            ] + more)
        return scratch(name)
    }

    private func cut(_ path: String, to fraction: Double) throws {
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        try #require(truncate(path, off_t(Double(size) * fraction)) == 0)
    }

    private func refusal(_ input: String) -> MediaError? {
        do {
            _ = try pass(input, to: scratch("out.mkv"))
            return nil
        } catch { return error as? MediaError }
    }

    @Test(arguments: [
        ("a.mp4", ["-movflags", "+faststart"]), ("a.mkv", []), ("a.avi", ["-c:v", "mpeg4"]), ("a.flv", []),
    ])
    func cutInputGivesAllItHasAndSaysSo(_ kind: (name: String, more: [String])) throws {
        let input = try film(kind.name, kind.more)
        try cut(input, to: 0.6)
        let passed = try pass(input, to: scratch("out.mp4"))
        let error = try #require(passed.error)
        #expect(error.code == .truncated)
        #expect(error.exitStatus == .data)
        let readable = try FFmpegTool.frameCount(input)
        #expect(readable > 20 && readable < 95)
        #expect(passed.frames.count >= readable - 1)
        #expect(try FFmpegTool.frameCount(scratch("out.mp4")) == passed.frames.count)
        try FFmpegTool.decode(scratch("out.mp4"))
    }

    @Test func damagedInputGivesAllItHasAndSaysSo() throws {
        let input = try film("a.ts")
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: input))
        for place in stride(from: 60_000, to: 90_000, by: 700) {
            try file.seek(toOffset: UInt64(place))
            try file.write(contentsOf: Data(repeating: 0xA5, count: 90))
        }
        try file.close()
        let passed = try pass(input, to: scratch("out.mp4"))
        let error = try #require(passed.error)
        #expect(error.code == .invalidData)
        #expect(error.exitStatus == .data)
        let readable = try FFmpegTool.frameCount(input)
        #expect(readable > 20)
        #expect(passed.frames.count >= readable)
        #expect(try FFmpegTool.frameCount(scratch("out.mp4")) == passed.frames.count)
    }

    @Test func emptyInput() throws {
        FileManager.default.createFile(atPath: scratch("empty.mp4"), contents: nil).discard()
        let error = try #require(refusal(scratch("empty.mp4")))
        #expect(error.exitStatus == .data)
        #expect(error.message.contains("empty"))
    }

    @Test func textIsNoVideo() throws {
        try Data("this is no film\n".utf8).write(to: URL(fileURLWithPath: scratch("a.mp4")))
        #expect(refusal(scratch("a.mp4"))?.exitStatus == .data)
    }

    @Test func headerWithoutIndex() throws {
        let input = try film("a.mp4")
        try cut(input, to: 0.5)
        let error = try #require(refusal(input))
        #expect(error.exitStatus == .data)
        #expect(error.cause?.contains("moov atom not found") == true)
    }

    @Test func soundAlone() throws {
        try FFmpegTool.make(scratch("a.mp3"), ["-f", "lavfi", "-i", "sine=d=1"])
        let error = try #require(refusal(scratch("a.mp3")))
        #expect(error.code == .noVideo)
        #expect(error.exitStatus == .data)
        #expect(error.message.contains("sound"))
    }

    @Test func noFrames() throws {
        try FFmpegTool.make(
            scratch("a.avi"), ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-c:v", "rawvideo", "-frames:v", "0"])
        let source = try? VideoSource(scratch("a.avi"))
        let error = source == nil ? refusal(scratch("a.avi")) : try pass(scratch("a.avi"), to: scratch("o.mkv")).error
        #expect(error?.exitStatus == .data)
    }

    @Test func missingInput() throws {
        let error = try #require(refusal(scratch("nowhere.mp4")))
        #expect(error.code == .notFound)
        #expect(error.exitStatus == .noInput)
    }

    @Test func folderAsInput() throws { #expect(refusal(scratch("."))?.exitStatus == .noInput) }

    @Test func unreadableInput() throws {
        let input = try film("a.mp4")
        try #require(chmod(input, 0) == 0)
        // The superuser reads everything; this thread is somebody else for a moment.
        typealias SetFileSystemUser = @convention(c) (uid_t) -> Int32
        let symbol = try #require(dlsym(nil, "setfsuid"))
        let setFileSystemUser = unsafeBitCast(symbol, to: SetFileSystemUser.self)
        _ = setFileSystemUser(geteuid() == 0 ? 65534 : geteuid())
        defer { _ = setFileSystemUser(geteuid()) }
        let error = #expect(throws: MediaError.self) { try VideoSource(input) }
        #expect(error?.code == .permission)
        #expect(error?.exitStatus == .permission)
    }

    @Test(arguments: ["concat:a.mp4|b.mp4", "http://localhost/a.mp4", "subfile,,start,0,end,9,,:a.mp4"])
    func otherProtocolsAreRefused(_ address: String) {
        let error = refusal(address)
        #expect(error?.code == .badOption)
        #expect(error?.exitStatus == .usage)
    }

    @Test func playlistsAreRefused() throws {
        let input = try film("a.ts")
        try Data("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n\(input)\n#EXT-X-ENDLIST\n".utf8)
            .write(to: URL(fileURLWithPath: scratch("list.m3u8")))
        #expect(refusal(scratch("list.m3u8"))?.exitStatus == .data)
        try Data("ffconcat version 1.0\nfile a.ts\n".utf8).write(to: URL(fileURLWithPath: scratch("list.ffconcat")))
        #expect(refusal(scratch("list.ffconcat"))?.exitStatus == .data)
    }

    /// A pipe in which one writer took over from another before anybody saw the first one end.
    @Test(arguments: ["a.mkv", "a.flv", "a.nut", "a.ts"]) func aPipeThatGoesOnInAnotherFormatIsGivenUp(
        _ first: String
    ) throws {
        let head = try Data(contentsOf: URL(fileURLWithPath: film(first))).prefix(30_000)
        // What follows holds nothing that any of them would take up.
        let rest = Data(repeating: 0x55, count: 500)
        #expect(mkfifo(scratch("pipe"), 0o600) == 0)
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/bin/sh")
        try head.write(to: URL(fileURLWithPath: scratch("head")))
        try rest.write(to: URL(fileURLWithPath: scratch("rest")))
        writer.arguments = [
            "-c", "exec > pipe; cat head; while cat rest 2> /dev/null; do sleep 0.02; done",
        ]
        writer.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        writer.standardError = FileHandle.nullDevice
        try writer.run()
        defer { writer.terminate() }
        var options = SourceOptions()
        options.policy.timeout = nil
        options.policy.packetTimeout = .milliseconds(500)
        let began = ContinuousClock.now
        #expect(throws: MediaError.self) {
            let source = try VideoSource(scratch("pipe"), options)
            while try source.next() != nil {}
        }
        #expect(ContinuousClock.now - began < .seconds(10))
        // It is let go of: its next writing fails.
        writer.waitUntilExit()
    }

    /// The demuxer keeps to the first codec: of the one no packet ends, of the other none can be decoded.
    @Test(arguments: [
        ("mpeg2video", "libx264", false), ("mpeg2video", "libx264", true), ("libx264", "mpeg2video", true),
    ])
    func aSenderThatChangesItsCodecIsGivenUp(_ change: (from: String, to: String, hasSound: Bool)) throws {
        let address = "udp://127.0.0.1:\(20_000 + Int(getpid()) % 20_000)"
        let sound = change.hasSound ? "-re -f lavfi -i sine -c:a aac" : ""
        let send = { (codec: String) in
            "ffmpeg -v quiet -re -f lavfi -i testsrc2=s=160x96:r=25 \(sound) -c:v \(codec) -g 10 -pix_fmt yuv420p "
                + "-flush_packets 1"
        }
        let sender = Process()
        sender.executableURL = URL(fileURLWithPath: "/bin/sh")
        sender.arguments = [
            "-c",
            "\(send(change.from)) -t 3 -f mpegts \(address)?pkt_size=1316; "
                + "exec \(send(change.to)) -t 20 -f mpegts \(address)?pkt_size=1316",
        ]
        sender.standardInput = FileHandle.nullDevice
        try sender.run()
        defer { kill(sender.processIdentifier, SIGKILL) }
        var options = SourceOptions()
        options.policy.analyzeDuration = .milliseconds(500)
        options.policy.packetTimeout = .seconds(2)
        let source = try VideoSource(address, options)
        var count = 0
        #expect(throws: MediaError.self) {
            while let item = try source.next() { if case .frame = item { count += 1 } }
        }
        #expect(count > 0)
        #expect(sender.isRunning, "it was given up, and did not end")
    }

    /// A game that is paused keeps its writer waiting in the middle of a picture, which is none of its faults.
    @Test func aPipeThatPausesInsideAPictureIsWaitedFor() throws {
        let input = try film("a.ts")
        #expect(mkfifo(scratch("pipe"), 0o600) == 0)
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/bin/sh")
        writer.arguments = [
            "-c", "exec > pipe; head -c 60000 a.ts; sleep 1.5; tail -c +60001 a.ts",
        ]
        writer.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        try writer.run()
        defer { writer.terminate() }
        var options = SourceOptions()
        options.policy.timeout = nil
        options.policy.packetTimeout = .milliseconds(500)
        let source = try VideoSource(scratch("pipe"), options)
        var count = 0
        while let item = try source.next() { if case .frame = item { count += 1 } }
        #expect(try count == FFmpegTool.frameCount(input))
    }

    @Test func hugePicturesAreRefused() throws {
        let input = try film("a.mkv")
        var options = SourceOptions()
        options.policy.maxPixels = 160 * 96 - 1
        #expect(throws: MediaError.self) {
            let source = try VideoSource(input, options)
            while try source.next() != nil {}
        }
    }

    @Test func outputThatIsTheInput() throws {
        let input = try film("a.mp4")
        let other = scratch("link.mp4")
        try #require(link(input, other) == 0)
        var options = SinkOptions()
        options.overwrites = true
        for output in [input, other] {
            let error = #expect(throws: MediaError.self) {
                try VideoSink(output, from: VideoSource(input).info, options)
            }
            #expect(error?.code == .outputIsInput)
            #expect(error?.exitStatus == .usage)
        }
        #expect(try FFmpegTool.frameCount(input) == 100)
    }

    @Test func outputThatExists() throws {
        let info = try VideoSource(film("a.mp4")).info
        try Data("precious".utf8).write(to: URL(fileURLWithPath: scratch("b.mp4")))
        let error = #expect(throws: MediaError.self) { try VideoSink(scratch("b.mp4"), from: info) }
        #expect(error?.code == .exists)
        #expect(error?.exitStatus == .cannotCreate)
        #expect(error?.message.contains("-y") == true)
        #expect(try String(contentsOfFile: scratch("b.mp4"), encoding: .utf8) == "precious")
    }

    @Test func outputThatCannotBe() throws {
        let info = try VideoSource(film("a.mp4")).info
        for (name, status) in [("no/where/b.mp4", ExitStatus.cannotCreate), ("b.unknown", .usage), ("b", .usage)] {
            let error = #expect(throws: MediaError.self) { try VideoSink(scratch(name), from: info) }
            #expect(error?.exitStatus == status)
        }
    }

    @Test func fullDisk() throws {
        var options = SinkOptions()
        options.format = "matroska"
        options.overwrites = true
        let input = try film("a.mp4")
        let error = #expect(throws: MediaError.self) { try pass(input, to: "/dev/full", SourceOptions(), options) }
        #expect(error?.code == .diskFull)
        #expect(error?.exitStatus == .inputOutput)
    }

    @Test func mistypedNamesAreAnsweredWithTheNearest() throws {
        let info = try VideoSource(film("a.mp4")).info
        var (codec, option, format) = (SinkOptions(), SinkOptions(), SinkOptions())
        codec.codec = "libx265x"
        option.encoderOptions = [("presett", "fast")]
        format.format = "matroshka"
        for (options, name) in [(codec, "libx265"), (option, "preset"), (format, "matroska")] {
            let error = #expect(throws: MediaError.self) { try VideoSink(scratch("b.mp4"), from: info, options) }
            #expect(error?.exitStatus == .usage)
            #expect(error?.message.contains("did you mean \(name)?") == true)
        }
        // Nothing was made for nothing.
        #expect(!FileManager.default.fileExists(atPath: scratch("b.mp4")))
    }
}

extension Bool { fileprivate func discard() {} }
