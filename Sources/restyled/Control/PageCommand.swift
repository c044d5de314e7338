import ArgumentParser
import Basics
import Control

/// `ctl page`: where the page is.
struct PageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "page", abstract: "Print the address of the page, to be opened in a browser.",
        discussion: "It holds the page's token: whoever has it can steer the daemon.")

    @OptionGroup var options: ControlOptions

    func run() throws { try options.call(.page, [:]) { $0["address"]?.string ?? "" } }
}
