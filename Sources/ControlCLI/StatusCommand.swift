public import ArgumentParser
internal import Control
internal import Settings

public struct StatusCommand: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Print what the daemon and its streams are doing.")

    @OptionGroup var options: ControlOptions

    public init() {}

    public func run() throws { try options.call(.status, options.parameters()) { outline($0) } }
}
