import Foundation
import MediaTools
import Testing

/// What `restyled run` makes of films, told by ffprobe.
@Suite struct RunTests {
    private let scratch: Scratch
    private var film: String { scratch("film.mkv") }

    init() throws {
        scratch = try Scratch()
        try Film.make(film)
    }

    /// Runs what must go through, and say nothing but `notes` lines.
    @discardableResult
    private func restyle(
        _ arguments: [String], notes: Int = 0, input: Data = Data(), sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Program.Outcome {
        let outcome = try Program.run(["run"] + arguments + Program.tinyModel, input: input)
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errorLines.count == notes, "\(outcome.errors)", sourceLocation: sourceLocation)
        return outcome
    }

    /// When each packet of a stream begins and ends, in seconds.
    private func packets(_ path: String, _ stream: String) throws -> [(start: Double, end: Double)] {
        try FFmpegTool.probe(path, "packet=pts_time,duration_time", ["-select_streams", stream]).map { line in
            let numbers = line.split(separator: ",").compactMap { Double($0) }
            return (numbers[0], numbers[0] + (numbers.count > 1 ? numbers[1] : 0))
        }
    }

    /// How near each frame of an output is to the source's, in dB.
    private func likeness(_ output: String, _ source: String, crop: String = "iw:ih:0:0") throws -> [Double] {
        let graph = "[0:v]crop=\(crop)[a];[1:v]crop=\(crop)[b];[a][b]psnr=stats_file=-"
        let text = try FFmpegTool.run(
            "ffmpeg",
            ["-v", "error", "-i", output, "-i", source, "-lavfi", graph, "-f", "null", "-"])
        return text.matches(of: /psnr_avg:(\S+)/).compactMap { Double($0.1) }
    }

    // MARK: Time

    @Test func everyFrameAndTheSoundAsItWas() throws {
        for ending in ["mp4", "mkv", "mov"] {
            let output = scratch("out.\(ending)")
            try restyle(["-i", film, "-o", output])
            #expect(try FFmpegTool.frameCount(output) == 50)
            let (before, after) = (try packets(film, "a"), try packets(output, "a"))
            #expect(after.count == before.count)
            let sound = {
                try FFmpegTool.run("ffmpeg", ["-v", "error", "-i", $0, "-map", "0:a", "-c", "copy", "-f", "md5", "-"])
            }
            #expect(try sound(output) == sound(film))
            // Both end where they ended, to a frame.
            for stream in ["v", "a"] {
                let ends = try [film, output].map { try packets($0, stream).map(\.end).max() ?? 0 }
                #expect(abs(ends[0] - ends[1]) <= 1 / Double(Film.frameRate), "\(stream) of \(ending)")
            }
        }
    }

    @Test(arguments: [("30", 60), ("10", 20), ("30000/1001", 60), ("source", 50)])
    func constantRate(_ rate: String, _ frames: Int) throws {
        let output = scratch("out.mp4")
        try restyle(["-i", film, "-o", output, "-r", rate])
        #expect(try FFmpegTool.frameCount(output) == frames)
        let times = try packets(output, "v").map(\.start).sorted()
        let step: Double = ["30": 1.0 / 30, "10": 0.1, "30000/1001": 1001.0 / 30000, "source": 0.04][rate] ?? 0
        for (index, time) in times.enumerated() { #expect(abs(time - times[0] - Double(index) * step) < 0.001) }
    }

    @Test func variableRateKeepsEveryTimestamp() throws {
        let input = scratch("variable.mkv")
        try FFmpegTool.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x48:r=50:d=2", "-vf", "select='eq(mod(n,7),0)+eq(mod(n,11),3)'",
                "-vsync", "vfr", "-c:v", "mpeg4",
            ])
        let output = scratch("out.mkv")
        try restyle(["-i", input, "-o", output])
        let (before, after) = (try packets(input, "v").map(\.start), try packets(output, "v").map(\.start).sorted())
        #expect(before.count > 20 && after.count == before.count)
        for (a, b) in zip(before, after) { #expect(abs(a - b) < 0.0015) }
    }

    @Test func aPartOfTheFilm() throws {
        let output = scratch("out.mp4")
        try restyle([
            "-i", film, "-o", output, "-ss", "0.4", "-t", "1", "--strength", "0", "-c:v", "ffv1", "-f", "matroska",
        ])
        #expect(try FFmpegTool.frameCount(output) == 25)
        let sound = try packets(output, "a")
        #expect(abs(sound.map(\.end).max().unsafelyUnwrapped - 1) <= 0.05)
        // The tenth frame of the source is the first.
        let cut = scratch("cut.mkv")
        try FFmpegTool.make(cut, ["-i", film, "-vf", "trim=start_frame=10,setpts=PTS-STARTPTS", "-an", "-c:v", "ffv1"])
        #expect(try likeness(output, cut)[0] > 30)
    }

    // MARK: Pipes

    @Test func throughPipes() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: film))
        for (input, format) in [("-", "matroska"), ("pipe:0", "mpegts"), ("-", "nut"), ("-", "mp4")] {
            let outcome = try restyle(
                ["-i", input, "--input-format", "matroska", "-o", input == "-" ? "-" : "pipe:1", "-f", format],
                input: bytes)
            let output = scratch("out.\(format)")
            try outcome.output.write(to: URL(fileURLWithPath: output))
            #expect(try FFmpegTool.frameCount(output) == 50)
            #expect(try packets(output, "a").count >= 90)
            try FFmpegTool.decode(output)
        }
    }

    /// Transport streams carry AAC's header in every packet, Matroska before all of them.
    @Test func aTransportStreamThroughPipes() throws {
        let input = scratch("film.ts")
        try Film.make(input)
        let outcome = try restyle(
            ["-i", "-", "-o", "-", "-f", "matroska"], input: try Data(contentsOf: URL(fileURLWithPath: input)))
        let output = scratch("out.mkv")
        try outcome.output.write(to: URL(fileURLWithPath: output))
        #expect(try FFmpegTool.frameCount(output) == 50)
        #expect(
            try FFmpegTool.probe(output, "stream=codec_name,sample_rate", ["-select_streams", "a"]) == ["aac,48000"])
        try FFmpegTool.decode(output)
    }

    @Test func throughFIFOs() async throws {
        let (source, target) = (scratch("in.fifo"), scratch("out.fifo"))
        try #require(mkfifo(source, 0o600) == 0 && mkfifo(target, 0o600) == 0)
        let film = film
        let writer = Thread {
            _ = try? FFmpegTool.run("ffmpeg", ["-v", "error", "-y", "-i", film, "-c", "copy", "-f", "nut", source])
        }
        writer.start()
        let copy = scratch("copy.mkv")
        let reader = Task.detached { try FFmpegTool.run("cp", [target, copy]) }
        try restyle(["-i", source, "-o", target, "-f", "matroska"])
        _ = try await reader.value
        #expect(try FFmpegTool.frameCount(copy) == 50)
    }

    /// Who reads a pipe may go; that is no success.
    @Test func aReaderThatGoesAway() throws {
        let errors = scratch("errors")
        let script = #""$@" 2>"$0" | head -c 1000 >/dev/null; echo "${PIPESTATUS[0]}""#
        let status = try FFmpegTool.run(
            "bash",
            [
                "-c", script, errors, Program.url.path, "run", "-i", film, "-o", "-", "-f", "matroska", "--prompt",
                "painting",
            ] + Program.tinyModel)
        #expect(status == "74\n")
        #expect(try String(contentsOfFile: errors, encoding: .utf8).contains("the other end is gone"))
    }

    // MARK: Pictures

    @Test(arguments: ["png", "jpg", "webp"])
    func onePicture(_ ending: String) throws {
        let input = scratch("in.\(ending)")
        try FFmpegTool.make(input, ["-f", "lavfi", "-i", "testsrc2=s=100x66", "-frames:v", "1"])
        let size = { try FFmpegTool.probe($0, "stream=width,height,codec_name").first ?? "" }
        let codec = ["png": "png", "jpg": "mjpeg", "webp": "webp"]
        for other in ["png", "jpg", "webp"] {
            let output = scratch("out.\(other)")
            try restyle(["-i", input, "-o", output, "-y"])
            #expect(try size(output) == "\(codec[other] ?? ""),100,66")
            try FFmpegTool.decode(output)
        }
        try restyle(["-i", input, "-o", scratch("small.\(ending)"), "--output-size", "40x30"])
        #expect(try size(scratch("small.\(ending)")) == "\(codec[ending] ?? ""),40,30")
        try restyle(["-i", input, "-o", scratch("model.\(ending)"), "--output-size", "model"])
        #expect(try size(scratch("model.\(ending)")) == "\(codec[ending] ?? ""),16,16")
        let piped = try restyle(
            ["-i", "-", "-o", "-", "-f", "image2pipe"], input: try Data(contentsOf: URL(fileURLWithPath: input)))
        try piped.output.write(to: URL(fileURLWithPath: scratch("piped.png")))
        #expect(try size(scratch("piped.png")) == "png,100,66")
    }

    // MARK: Settings

    @Test func maskKeepsTheSource() throws {
        let mask = scratch("mask.png")
        try FFmpegTool.make(
            mask,
            ["-f", "lavfi", "-i", "color=white:s=32x24", "-vf", "drawbox=16:0:16:24:black:fill", "-frames:v", "1"])
        let output = scratch("out.mkv")
        try restyle(["-i", film, "-o", output, "--mask", mask, "-c:v", "ffv1"])
        // Clear of the edge, which blends.
        #expect(try likeness(output, film, crop: "24:48:40:0").allSatisfy { $0 > 30 })
        #expect(try likeness(output, film, crop: "24:48:0:0").allSatisfy { $0 < 20 })
    }

    @Test func timelineComesAtItsTimes() throws {
        let script = scratch("timeline.yaml")
        let lines = [
            "- at: 0s", "  blend: 1", "- at: 1s", "  blend: 0", "  prompt: winter", "- at: 1.4s", "  strength: 0",
        ]
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: script))
        let output = scratch("out.mkv")
        try restyle(["-i", film, "-o", output, "--script", script, "-c:v", "ffv1"])
        let likeness = try likeness(output, film)
        #expect(likeness.count == 50)
        #expect(likeness[..<25].allSatisfy { $0 > 30 })
        #expect(likeness[25..<35].allSatisfy { $0 < 20 })
        #expect(likeness[35...].allSatisfy { $0 > 30 })
    }

    @Test func theSameSeedIsTheSamePicture() throws {
        let digest = { (name: String, options: [String]) in
            try restyle(["-i", film, "-o", scratch(name), "-c:v", "ffv1", "-t", "0.2"] + options)
            return try FFmpegTool.run("ffmpeg", ["-v", "error", "-i", scratch(name), "-map", "0:v", "-f", "md5", "-"])
        }
        let first = try digest("a.mkv", ["--seed", "3"])
        #expect(try digest("b.mkv", ["--seed", "3"]) == first)
        #expect(try digest("c.mkv", ["--seed", "4"]) != first)
        let far = try digest("d.mkv", ["--seed", "3", "--strength", "1"])
        #expect(far != first)
        #expect(try digest("e.mkv", ["--seed", "3", "--strength", "1", "--prompt", "a neon city at night"]) != far)
    }

    // MARK: Progress

    private struct Line: Decodable {
        let frames: Int
        let total: Int?
        let framesPerSecond: Double
        let speed: Double
        let etaSeconds: Double?
    }

    @Test func progressAsJSON() throws {
        let input = scratch("long.mp4")
        try Film.make(input, seconds: 6)
        let outcome = try Program.run(
            ["run", "-i", input, "-o", scratch("out.mp4"), "--progress", "json"] + Program.tinyModel)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let lines = try outcome.errorLines.map { line in
            let keys = line.matches(of: /"(\w+)":/).map { String($0.1) }
            #expect(keys == ["frames", "total", "frames_per_second", "speed", "eta_seconds"])
            return try decoder.decode(Line.self, from: Data(line.utf8))
        }
        #expect(lines.count >= 2)
        #expect(lines.allSatisfy { $0.total == 150 })
        #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.frames <= $1.frames })
        let last = try #require(lines.last)
        #expect(last.frames == 150 && last.etaSeconds == 0 && last.framesPerSecond > 0 && last.speed > 0)
    }
}
