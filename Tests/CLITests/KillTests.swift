import Foundation
import MediaTools
import Testing

/// `kill -9` at random moments leaves a playable file each time, and at most a second of restyled video is lost.
@Suite(.serialized) struct KillTests {
    /// Each with the ending of its output.
    private static let rounds: [(seed: UInt64, ending: String)] = {
        let endings = ["mp4", "mkv", "mov", "ts"]
        return (0..<(Program.runsAll ? 100 : 6)).map { (UInt64($0), endings[$0 % endings.count]) }
    }()

    /// A live input, fed at the speed it plays at: what was fed is known to the byte when the kill comes.
    @Test func aFedRunKilledAtAnyMoment() async throws {
        let scratch = try Scratch()
        let film = scratch("film.mkv")
        try Film.make(film, seconds: 8, ["-cluster_time_limit", "200"])
        let fed = try FedFilm(film)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, round) in Self.rounds.enumerated() {
                // Each has its own moment, and a few at once do not disturb one another.
                if index >= 6 { try await group.next() }
                group.addTask {
                    var random = SplitMix(seed: round.seed)
                    let moment = Double.random(in: 2...(Program.runsAll ? 7 : 5), using: &random)
                    try await fed.killed(
                        after: moment, settled: index % 3 != 0, output: scratch("\(round.seed).\(round.ending)"))
                }
            }
            try await group.waitForAll()
        }
    }

    /// A recorded file at full speed, killed until well after its end: also while the file is made a seekable one.
    @Test func aFileRunKilledAtAnyMoment() throws {
        let scratch = try Scratch()
        let film = scratch("film.mkv")
        try Film.make(film, seconds: 20)
        let total = try FFmpegTool.frameCount(film)
        for round in Self.rounds {
            let output = scratch("\(round.seed).\(round.ending)")
            let program = try Program(["run", "-i", film, "-o", output, "--progress", "json"] + Program.tinyModel)
            // From when there is something to play.
            while program.isRunning, fileSize(output) < 60_000 {
                usleep(2000)
            }
            var random = SplitMix(seed: round.seed)
            usleep(UInt32.random(in: 0...1_200_000, using: &random))
            program.send(SIGKILL)
            let outcome = program.wait()
            let written = outcome.reportedFrames
            let kept = try FFmpegTool.frameCount(output)
            try FFmpegTool.decode(output)
            #expect(kept > 0, "\(output): nothing to play")
            #expect(kept >= written - Film.frameRate, "\(output): of \(written) frames, \(kept) are left")
            if outcome.status == 0 { #expect(kept == total) }
        }
    }
}

/// The same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
