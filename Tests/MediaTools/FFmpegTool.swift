import Foundation

/// The `ffmpeg` and `ffprobe` programs: they make the inputs and have the last word on the outputs.
package enum FFmpegTool {
    package struct Failed: Error, CustomStringConvertible { package let description: String }

    @discardableResult
    package static func run(_ tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        let (out, err) = (Pipe(), FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString))
        _ = FileManager.default.createFile(atPath: err.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: err) }
        process.standardOutput = out
        process.standardError = try FileHandle(forWritingTo: err)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = out.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = (try? String(contentsOf: err, encoding: .utf8)) ?? ""
            throw Failed(description: "\(tool) \(arguments.joined(separator: " "))\n\(words.suffix(2000))")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Makes a file from generators: `arguments` between the global options and the output.
    package static func make(_ path: String, _ arguments: [String]) throws {
        try run("ffmpeg", ["-hide_banner", "-v", "error", "-y"] + arguments + [path])
    }

    /// `ffprobe -show_entries`, one line a value.
    package static func probe(_ path: String, _ entries: String, _ more: [String] = []) throws -> [String] {
        try run("ffprobe", ["-v", "error", "-show_entries", entries, "-of", "csv=p=0"] + more + [path])
            .split(separator: "\n").map { String($0).trimmingCharacters(in: CharacterSet(charactersIn: ", \r")) }
            .filter { !$0.isEmpty }
    }

    /// Decodes everything; throws if ffmpeg complains.
    package static func decode(_ path: String, _ more: [String] = []) throws {
        try run("ffmpeg", ["-hide_banner", "-v", "error", "-xerror", "-i", path] + more + ["-f", "null", "-"])
    }

    /// Frames that ffprobe counts by decoding.
    package static func frameCount(_ path: String) throws -> Int {
        let lines = try probe(path, "stream=nb_read_frames", ["-count_frames", "-select_streams", "v:0"])
        return lines.first.flatMap(Int.init) ?? -1
    }
}
