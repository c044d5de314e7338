import Foundation
import Glibc
import Media
import Testing

/// What plays the game: ffmpeg's test picture on its own clock.
enum Capture {
    static let ffmpeg = access("/usr/local/bin/ffmpeg", X_OK) == 0 ? "/usr/local/bin/ffmpeg" : "/usr/bin/ffmpeg"

    static func words(_ picture: String = "testsrc=size=64x48:rate=15", to output: String = "-") -> [String] {
        [
            ffmpeg, "-v", "error", "-re", "-f", "lavfi", "-i",
            picture, "-c:v", "rawvideo", "-pix_fmt",
            "yuv420p",
            "-f", "nut", "-y", output,
        ]
    }

    /// Writes into a FIFO until it is ended.
    static func start(to path: String, _ picture: String = "testsrc=size=64x48:rate=15") throws -> Process {
        let process = Process()
        let words = words(picture, to: path)
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.runUnblocked()
        return process
    }

    /// The process that a daemon runs its capture in.
    static func child(of parent: pid_t) -> pid_t? {
        let text = try? String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)
        let others = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")) ?? []
        let all = others.compactMap {
            try? String(contentsOfFile: "/proc/\(parent)/task/\($0)/children", encoding: .utf8)
        }
        return ([text].compactMap(\.self) + all).joined(separator: " ").split(separator: " ").lazy
            .compactMap { pid_t($0) }.first
    }
}

/// The pictures of a file, decoded to the last; their times must rise.
func pictures(in path: String) throws -> Int64 {
    let source = try VideoSource(path)
    var (count, last): (Int64, Int64) = (0, .min)
    while let item = try source.next() {
        guard case .frame(let frame) = item else { continue }
        #expect(frame.pts > last)
        (count, last) = (count + 1, frame.pts)
    }
    return count
}
