import Foundation
import MediaTools
import Testing

/// A clip in units: the film that is joined of them is the film of one run.
@Suite(.serialized) struct UnitsTests {
    private let scratch: Scratch
    private let clip: String

    init() throws {
        scratch = try Scratch()
        clip = scratch("clip.mkv")
        // B-frames that reach over key frames, two tracks of sound of different lengths.
        try FFmpegTool.make(
            clip,
            [
                "-f", "lavfi", "-i", "testsrc2=s=96x64:r=20:d=4", "-f", "lavfi", "-i", "sine=300:d=4", "-f", "lavfi",
                "-i",
                "sine=500:d=3", "-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-g", "20", "-x264-params",
                "open-gop=1:bframes=3", "-c:a", "aac",
            ])
    }

    private func arguments(_ output: String, _ more: [String] = []) -> [String] {
        ["-i", clip, "-o", scratch(output), "-c:v", "ffv1", "--prompt", "painting"] + Program.tinyModel + more
    }

    /// Pictures, and when they are shown and for how long.
    private func film(_ name: String) throws -> String {
        try FFmpegTool.run(
            "ffmpeg",
            ["-v", "error", "-i", scratch(name), "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-"])
    }

    private func sound(_ name: String) throws -> [String] {
        try FFmpegTool.probe(
            scratch(name), "packet=stream_index,pts_time,duration_time,data_hash",
            ["-select_streams", "a", "-show_data_hash", "md5"]
        ).sorted()
    }

    private func expectSame(_ joined: String, _ plain: String) throws {
        #expect(try film(joined) == film(plain))
        #expect(try sound(joined) == sound(plain))
    }

    @Test(arguments: [
        [], ["-r", "30"], ["-r", "3"], ["-ss", "0.7", "-t", "4"], ["--script", "transition"], ["--blend", "0.3"],
    ])
    func unitsMakeTheFilmOfOneRun(_ more: [String]) throws {
        let script = scratch("script.yaml")
        try "- at: 0.5s\n  strength: 0.9\n  transition: 4s\n".write(toFile: script, atomically: true, encoding: .utf8)
        let more = more.map { $0 == "transition" ? script : $0 }
        #expect(try Program.run(["run"] + arguments("plain.mkv", more)).status == 0)
        let planned = try Program.run(["plan"] + arguments("joined.mkv", more) + ["--unit", "1s"])
        #expect(planned.status == 0, "\(planned.errors)")
        let text = String(decoding: planned.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let count = try #require(Int(text))
        #expect(count >= 3)
        let folder = scratch("joined.mkv.job")
        for unit in (2...count).reversed() {
            let outcome = try Program.run(["run", "--job", folder, "--unit", "\(unit)"])
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        let early = try Program.run(["join", folder])
        #expect(early.status == 75)
        #expect(early.errors.contains("1 of \(count) units are missing: 1;"))
        #expect(!FileManager.default.fileExists(atPath: scratch("joined.mkv")))
        #expect(try Program.run(["run", "--job", folder, "--unit", "1"]).status == 0)
        // A unit that is there takes a moment; one that is damaged is made again.
        #expect(try Program.run(["run", "--job", folder, "--unit", "2"]).errors.contains("done already"))
        try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/2.video")).truncate(atOffset: 1000)
        #expect(try Program.run(["join", folder]).status == 75)
        #expect(try !Program.run(["run", "--job", folder, "--unit", "2"]).errors.contains("done already"))
        let joined = try Program.run(["join", folder])
        #expect(joined.status == 0, "\(joined.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder))
        try expectSame("joined.mkv", "plain.mkv")
    }

    /// However often and whenever it is killed, the film is the same in the end.
    @Test func aResumedRunMakesTheSameFilm() throws {
        #expect(try Program.run(["run"] + arguments("plain.mkv")).status == 0)
        let resumed = ["run"] + arguments("resumed.mkv") + ["--resume", "--unit", "1s"]
        var random = SplitMix(seed: 19)
        for _ in 0..<(Program.runsAll ? 200 : 6) {
            let program = try Program(resumed)
            usleep(UInt32.random(in: 100_000...900_000, using: &random))
            program.send(SIGKILL)
            _ = program.wait()
            if !FileManager.default.fileExists(atPath: scratch("resumed.mkv.job")) {
                // Done, and to be done again.
                try? FileManager.default.removeItem(atPath: scratch("resumed.mkv"))
            }
        }
        let last = try Program.run(resumed)
        #expect(last.status == 0, "\(last.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch("resumed.mkv.job")))
        try expectSame("resumed.mkv", "plain.mkv")
    }

    @Test func otherOptionsAndAnotherInputAreRefused() throws {
        let begun = try Program.run(["plan"] + arguments("o.mkv") + ["--unit", "1s"])
        #expect(begun.status == 0)
        let other = try Program.run(["run"] + arguments("o.mkv", ["--seed", "2"]) + ["--resume"])
        #expect(other.status == 64)
        #expect(other.errors.contains("another --seed"))
        #expect(try Program.run(["plan"] + arguments("o.mkv")).status == 64)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: clip))
        try file.seekToEnd()
        try file.write(contentsOf: Data([0]))
        try file.close()
        let changed = try Program.run(["run", "--job", scratch("o.mkv.job"), "--unit", "1"])
        #expect(changed.status == 64)
        #expect(changed.errors.contains("-i \(clip) is not the file any more"))
        let fresh = try Program.run(
            ["run"] + arguments("o.mkv", ["--seed", "2"]) + ["--resume", "--fresh", "--unit", "2s"])
        #expect(fresh.status == 0, "\(fresh.errors)")
        #expect(try Program.run(["status", scratch("o.mkv.job")]).status == 66)
    }
}
