import ArgumentParser
import Basics
import Control
import Foundation
import OrderedCollections
import Settings

/// `restyled ctl`: steers a running daemon over its control socket.
struct ControlCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ctl",
        abstract: "Tune a running daemon.",
        discussion: """
            Examples:
              restyled ctl set strength=0.6 prompt="neon city" --transition 2s
              restyled ctl set 'prompt="oil painting":0.7, "snow":0.3'
              restyled ctl watch --json | jq .strength
              restyled ctl snapshot out.jpg
            """,
        subcommands: [
            SetCommand.self, GetCommand.self, WatchCommand.self, StatusCommand.self, StatsCommand.self,
            SnapshotCommand.self, DescribeCommand.self, ScriptCommand.self, StreamCommand.Pause.self,
            StreamCommand.Resume.self, StreamCommand.Start.self, StreamCommand.Stop.self,
            StreamCommand.Passthrough.self, StreamCommand.self,
        ])

    /// Here as well, so that they may stand before the subcommand.
    @OptionGroup var options: ControlOptions
}

/// What every subcommand of `ctl` takes.
struct ControlOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket. (default: $XDG_RUNTIME_DIR/restyled.sock, for root /run/restyled.sock)",
            valueName: "path"),
        completion: .file())
    var socket: String?
    @Option(help: "The stream; needed when there are several.", completion: .streams)
    var stream: String?
    @Flag(help: "Print the daemon's answer as JSON, one object a line.")
    var json = false

    func connect() throws -> ControlClient {
        guard let path = socket ?? ControlListener.defaultPath(environment: ProcessInfo.processInfo.environment) else {
            throw ControlError(.failed, "XDG_RUNTIME_DIR is not set; name the daemon's socket with --socket")
        }
        return try ControlClient(path: path)
    }

    /// The parameters with the stream, where one is named.
    func parameters(_ others: JSONValue = [:]) -> JSONValue {
        guard let stream, case .object(var members) = others else { return others }
        members["stream"] = .string(stream)
        return .object(members)
    }

    /// Calls, and prints the answer as JSON or by `show`.
    func call(_ method: ControlMethod, _ parameters: JSONValue, show: (JSONValue) -> String) throws {
        var client = try connect()
        let answer = try client.call(method, parameters)
        print(json ? answer.text : show(answer))
        // What the daemon has to say about a prompt is not part of the settings.
        guard !json else { return }
        for note in answer["notes"]?.array ?? [] { Terminal().print("restyled: \(note.string ?? "")") }
    }
}
