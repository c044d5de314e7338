import Foundation
import MediaTools
import Testing

/// A film that a run reads from standard input as fast as it plays, and not faster.
struct FedFilm: Sendable {
    private let bytes: Data
    /// Where each frame's packet ends in the file.
    private let frameEnds: [Int]
    private let seconds: Double

    init(_ path: String) throws {
        bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        frameEnds = try FFmpegTool.probe(path, "packet=pos,size", ["-select_streams", "v:0"]).map { line in
            let numbers = line.split(separator: ",").compactMap { Int($0) }
            // ffprobe has the size first.
            return numbers[0] + numbers[1]
        }
        seconds = Double(frameEnds.count) / Double(Film.frameRate)
    }

    /// Feeds a run and kills it; what is left must play, and lack less than a second of what was restyled.
    /// - Parameter settled: lets it restyle what it was given before the kill, so that this is known exactly; or else
    ///   its last report is what counts.
    func killed(after moment: Double, settled: Bool, output: String) async throws {
        let program = try Program(["run", "-i", "-", "-o", output, "--progress", "json"] + Program.tinyModel)
        let start = ContinuousClock.now
        var sent = 0
        while sent < bytes.count {
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            // A busy machine may not have begun by then.
            if elapsed >= moment, fileSize(output) > 0 { break }
            let due = min(bytes.count, Int(Double(bytes.count) * elapsed / seconds))
            try program.input.fileHandleForWriting.write(contentsOf: bytes[sent..<due])
            sent = due
            try await Task.sleep(for: .milliseconds(10))
        }
        if settled { try await program.becomesIdle() }
        program.send(SIGKILL)
        let outcome = program.wait()
        #expect(outcome.status == nil, "it ended by itself: \(outcome.errors)")
        let restyled = settled ? frameEnds.count { $0 <= sent } : outcome.reportedFrames
        let kept = try FFmpegTool.frameCount(output)
        try FFmpegTool.decode(output)
        #expect(kept > 0, "\(output): nothing to play")
        #expect(kept >= restyled - Film.frameRate, "\(output): of \(restyled) frames, \(kept) are left")
    }
}

func fileSize(_ path: String) -> Int {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
}
