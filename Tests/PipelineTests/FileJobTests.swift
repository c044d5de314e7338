import Graph
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
        stages: [FrameStage]? = nil, rate: Rational? = nil, mask: RGBImage? = nil, timeline: Timeline? = nil,
        _ values: [(String, String)]
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
            source: source, sink: sink, stages: stages ?? [FrameStage(InvertingRestyler())],
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

    @Test func severalSeatsWriteWhatOneWrites() throws {
        _ = try run([])
        let alone = try frames("out.mkv")
        // The second is always late.
        let stages = [StubSeat(milliseconds: 2), StubSeat(milliseconds: 25)].map { FrameStage($0) }
        let report = try run(stages: stages, [])
        #expect(report.frames.restyled == 50 && report.frames.agree(holding: 0) && report.output.written == 50)
        #expect(report.seats.reduce(0, +) == 50 && report.seats[0] > report.seats[1] && report.seats[1] > 0)
        #expect(try frames("out.mkv") == alone)
    }

    @Test func twoSeatsAreNearlyTwiceAsFast() throws {
        func seconds(_ count: Int) throws -> Double {
            let stages = (0..<count).map { _ in FrameStage(StubSeat(milliseconds: 60)) }
            let begin = ContinuousClock.now
            _ = try run(stages: stages, [])
            return (ContinuousClock.now - begin) / .seconds(1)
        }
        let (one, two) = (try seconds(1), try seconds(2))
        #expect(one / two >= 1.7, "\(one) s with one, \(two) s with two")
    }

    @Test func aLostSeatLosesNoFrame() throws {
        _ = try run([])
        let alone = try frames("out.mkv")
        let lost = StubSeat(milliseconds: 5, lostAfter: 7)
        let report = try run(stages: [FrameStage(lost), FrameStage(StubSeat(milliseconds: 5))], [])
        #expect(report.frames.restyled == 50 && report.frames.agree(holding: 0) && report.output.written == 50)
        #expect(report.seats == [7, 43])
        #expect(try frames("out.mkv") == alone)
    }

    @Test func theLastSeatLostEndsTheRunWithWhatIsDone() throws {
        let stages = [3, 7].map { FrameStage(StubSeat(milliseconds: 5, lostAfter: $0)) }
        let error = #expect(throws: EngineError.self) { _ = try run(stages: stages, []) }
        #expect(error?.code == .deviceLost)
        #expect(try frames("out.mkv").count == 10)
    }

    @Test func aMaskKeepsTheSourceToTheBit() throws {
        _ = try run(mask: RGBImage(width: 128, height: 96), [])
        #expect(try frames("in.mkv") == frames("out.mkv"))
    }
}
