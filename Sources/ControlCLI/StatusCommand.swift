package import ArgumentParser
import Control
import Settings

package struct StatusCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Print what the daemon and its streams are doing.")

    @OptionGroup var options: ControlOptions

    package init() {}

    package func run() throws { try options.call(.status, options.parameters()) { outline($0) } }
}
