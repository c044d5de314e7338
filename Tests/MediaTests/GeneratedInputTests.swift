import Foundation
import Media
import MediaTools
import Testing

/// Everything ffmpeg can make that is worth restyling goes through; ffprobe's word counts.
@Suite(.serialized) struct GeneratedInputTests {
    static let runsAll = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"
    /// All, or a dozen spread over the list.
    static let chosen: [GeneratedInput] = {
        let all = GeneratedInput.all
        return runsAll ? all : stride(from: 3, to: all.count, by: max(all.count / 13, 1)).map { all[$0] }
    }()

    @Test func listIsComplete() {
        #expect(GeneratedInput.all.count == 200)
        #expect(Set(GeneratedInput.all.map(\.name)).count == 200)
    }

    @Test(arguments: chosen)
    func goesThrough(_ input: GeneratedInput) throws {
        let scratch = try Scratch()
        var path = scratch("in.\(input.ending)")
        try FFmpegTool.make(path, input.arguments)
        if !input.second.isEmpty {
            let turned = scratch("second.\(input.ending)")
            try FFmpegTool.make(turned, ["-i", path] + input.second)
            path = turned
        }
        let output = scratch("out.\(input.output)")
        let passed = try pass(path, to: output)
        #expect(passed.error == nil)

        // As many pictures as ffprobe decodes, in and out.
        let expected = try FFmpegTool.frameCount(path)
        #expect(expected > 0)
        #expect(passed.frames.count == expected)
        #expect(try FFmpegTool.frameCount(output) == expected)
        try FFmpegTool.decode(output)

        // Every picture in its time, to the coarser of the two containers' ticks.
        let (before, after) = (try times(path), try times(output))
        if before.count == after.count, before.count == expected {
            let tick = max(
                passed.info.timeBase.seconds, input.output == "mkv" || input.output == "webm" ? 0.001 : 0.0001)
            for (a, b) in zip(before, after) { #expect(abs((a - before[0]) - (b - after[0])) <= tick * 1.01) }
        }

        // The same shape on the screen.
        let size = try FFmpegTool.probe(output, "stream=width,height", ["-select_streams", "v:0"])
        #expect(size.first == "\(passed.info.width),\(passed.info.height)")
        let stored = try FFmpegTool.probe(path, "stream=width,height", ["-select_streams", "v:0"]).first ?? ""
        let turned = stored.split(separator: ",").reversed().joined(separator: ",")
        #expect(size.first == (input.swapsAxes ? turned : stored))

        // Copied streams to the byte.
        for index in 0..<input.copies {
            #expect(try soundDigest(path, index) == soundDigest(output, index))
        }
    }

    /// Presentation times of all pictures, in seconds.
    private func times(_ path: String) throws -> [Double] {
        try FFmpegTool.probe(path, "frame=best_effort_timestamp_time", ["-select_streams", "v:0"]).compactMap {
            $0.split(separator: ",").first.flatMap { Double($0) }
        }
    }

    /// MPEG-TS wraps AAC in headers of its own, so there what counts is what is heard.
    private func soundDigest(_ path: String, _ index: Int) throws -> String {
        let codec = try FFmpegTool.probe(path, "stream=codec_name", ["-select_streams", "a:\(index)"]).first
        let wraps = codec == "aac"
        let how = wraps ? ["-c:a", "pcm_s16le", "-f", "md5", "-"] : ["-c", "copy", "-f", "md5", "-"]
        return try FFmpegTool.run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:a:\(index)"] + how)
    }
}
