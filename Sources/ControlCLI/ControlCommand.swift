package import ArgumentParser

/// `restyled ctl`: steers a running daemon over its control socket.
package struct ControlCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ctl",
        abstract: "Tune a running daemon.",
        discussion: """
            Examples:
              restyled ctl set strength=0.6 prompt="neon city" --transition 2s
              restyled ctl set 'prompt="oil painting":0.7, "snow":0.3'
              restyled ctl watch --json | jq .strength
              restyled ctl snapshot out.png
            """,
        subcommands: [
            SetCommand.self, GetCommand.self, WatchCommand.self, StatusCommand.self, StatsCommand.self,
            SnapshotCommand.self, DescribeCommand.self, ScriptCommand.self, StreamCommand.self,
        ])

    /// Here as well, so that they may stand before the subcommand.
    @OptionGroup var options: ControlOptions

    package init() {}
}
