public import ArgumentParser
internal import Control
internal import Settings

public struct StatsCommand: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Print the counts of frames, drops by cause, and latencies.")

    @OptionGroup var options: ControlOptions

    public init() {}

    public func run() throws { try options.call(.stats, options.parameters()) { outline($0) } }
}
