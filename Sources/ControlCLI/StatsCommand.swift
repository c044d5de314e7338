package import ArgumentParser
import Control
import Settings

package struct StatsCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Print the counts of frames, drops by cause, and latencies.")

    @OptionGroup var options: ControlOptions

    package init() {}

    package func run() throws { try options.call(.stats, options.parameters()) { outline($0) } }
}
