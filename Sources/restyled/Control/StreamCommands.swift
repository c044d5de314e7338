import ArgumentParser
import Basics
import Control
import Foundation
import Settings

/// `ctl stream list|start|…`; all but `list` are commands of `ctl` itself as well.
struct StreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "List, start, stop, pause and resume streams.",
        subcommands: [
            List.self, Start.self, Stop.self, Pause.self, Resume.self, Passthrough.self,
        ])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the streams.")
        @OptionGroup var options: ControlOptions

        func run() throws {
            try options.call(.streamList, [:]) { answer in
                (answer["streams"]?.array ?? []).map { streamText($0, fields: "  ") }.joined(separator: "\n")
            }
        }
    }

    struct Start: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start a stopped stream.")
        @OptionGroup var options: ControlOptions
        func run() throws { try options.call(.streamStart, options.parameters()) { outline($0) } }
    }

    struct Stop: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop a stream and finish its files.")
        @OptionGroup var options: ControlOptions
        func run() throws { try options.call(.streamStop, options.parameters()) { outline($0) } }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Hold the last picture.")
        @OptionGroup var options: ControlOptions
        func run() throws { try options.call(.streamPause, options.parameters(), show: settingsText) }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a pause or a passthrough.")
        @OptionGroup var options: ControlOptions
        func run() throws { try options.call(.streamResume, options.parameters(), show: settingsText) }
    }

    struct Passthrough: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send the source on as it is.")
        @OptionGroup var options: ControlOptions
        func run() throws { try options.call(.streamPassthrough, options.parameters(), show: settingsText) }
    }
}

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Print what the daemon and its streams are doing.")

    @OptionGroup var options: ControlOptions

    func run() throws { try options.call(.status, options.parameters(), show: statusText) }
}

struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Print the counts of frames, drops by cause, and latencies.",
        discussion: "Counts of 0 are left out; --json has them all.")

    @OptionGroup var options: ControlOptions

    func run() throws {
        try options.call(.stats, options.parameters()) { answer in
            (answer["streams"]?.array ?? []).map(statisticsText).joined(separator: "\n")
        }
    }
}

struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Write the last picture, as JPEG where the file's name says so, else as PNG."
    )

    @Argument(
        help: "The file to write; - is stdout.", completion: .file(extensions: ["png", "jpg", "jpeg"]))
    var file: String
    @Flag(help: "The source's picture, as it went into the model.")
    var source = false
    @OptionGroup var options: ControlOptions

    func run() throws {
        var client = try options.connect()
        let picture = source ? SnapshotPicture.source : .restyled
        let parameters: JSONValue = [
            "picture": .string(picture.rawValue), "format": .string(SnapshotFormat(path: file).rawValue),
        ]
        let answer = try client.call(.snapshot, options.parameters(parameters))
        guard let data = answer["data"]?.string.flatMap({ Data(base64Encoded: $0) }) else {
            throw CommandFailure("the daemon's answer holds no picture", .internal)
        }
        if file == "-" {
            FileHandle.standardOutput.write(data)
            return
        }
        do { try data.write(to: URL(fileURLWithPath: file)) } catch {
            throw CommandFailure("\(file) can't be written: \(error.localizedDescription)", .cannotCreate)
        }
    }
}
