package import ArgumentParser
import Basics
import Control
import Glibc
import Settings

package struct WatchCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Print the settings, and again whenever they change, until interrupted.")

    @OptionGroup var options: ControlOptions

    package init() {}

    package func run() throws {
        var client = try options.connect()
        do {
            var settings = try client.call(.settingsObserve, options.parameters())
            while true {
                print(options.json ? settings.text : settingsText(settings) + "\n")
                // Whoever reads from a pipe wants each change at once.
                fflush(nil)
                settings = try client.notification().parameters
            }
        } catch { throw ControlFailure(error) }
    }
}
