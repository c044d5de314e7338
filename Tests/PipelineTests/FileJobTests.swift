import Media
import MediaTools
import Settings
import Testing

@testable import Pipeline

/// A recorded film, from its first frame to its last, with a stand-in for the model.
@Suite(.serialized) struct FileJobTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try FFmpegTool.make(
            scratch("in.mkv"),
            ["-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=2", "-pix_fmt", "yuv420p", "-c:v", "ffv1"])
    }

    private func run(
        rate: Rational? = nil, mask: RGBImage? = nil, timeline: Timeline? = nil, _ values: [(String, String)]
    ) throws -> FileJob.Report {
        let source = try VideoSource(scratch("in.mkv"))
        var sinkOptions = SinkOptions()
        (sinkOptions.codec, sinkOptions.pixelFormat) = ("ffv1", "yuv420p")
        (sinkOptions.frameRate, sinkOptions.timeBase, sinkOptions.overwrites) = (rate, rate?.reciprocal, true)
        let sink = try VideoSink(scratch("out.mkv"), from: source.info, sinkOptions)
        var change = SettingsChange()
        for (key, value) in values { try change.set(key, parsing: value) }
        var options = FileJob.Options()
        (options.frameRate, options.mask, options.timeline) = (rate, mask, timeline)
        return try FileJob(
            source: source, sink: sink, restyler: InvertingRestyler(),
            settings: SettingsStore(StreamSettings().applying(change)), options: options
        ).run()
    }

    private func frames(_ name: String) throws -> [String] {
        try FFmpegTool.run(
            "ffmpeg", ["-v", "error", "-i", scratch(name), "-map", "0:v", "-f", "framemd5", "-"]
        ).split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            line.split(separator: ",").last.map { $0.trimmingPrefix(" ").description }
        }
    }

    @Test(arguments: [[("passthrough", "true")], [("strength", "0")], [("blend", "1")]])
    func theSourceAsItIsIsTheSourceToTheBit(_ values: [(String, String)]) throws {
        let report = try run(values)
        #expect(report.frames.restyled == 50 && report.frames.agree(holding: 0))
        let (input, output) = (try frames("in.mkv"), try frames("out.mkv"))
        #expect(input.count == 50)
        #expect(input == output)
    }

    @Test func repeatsAreTheSamePicture() throws {
        let report = try run(rate: Rational(50), [])
        #expect(report.output.written == 50 && report.output.repeated == 50 && report.output.agree(holding: 0))
        let output = try frames("out.mkv")
        #expect(output.count == 100)
        for index in stride(from: 0, to: output.count, by: 2) { #expect(output[index] == output[index + 1]) }
    }

    @Test func aChangeComesAtItsOwnFrame() throws {
        let timeline = try Timeline(parsing: "- {at: 1, strength: 0.6}\n", file: "timeline")
        _ = try run(timeline: timeline, [("strength", "0")])
        let (input, output) = (try frames("in.mkv"), try frames("out.mkv"))
        #expect(input[..<25] == output[..<25])
        #expect(zip(input[25...], output[25...]).allSatisfy { $0 != $1 })
    }

    @Test func aMaskKeepsTheSourceToTheBit() throws {
        _ = try run(mask: RGBImage(width: 128, height: 96), [])
        #expect(try frames("in.mkv") == frames("out.mkv"))
    }
}
