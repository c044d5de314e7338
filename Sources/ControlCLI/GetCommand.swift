package import ArgumentParser
import Basics
import Control
import Settings

package struct GetCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the settings in force.")

    @Argument(help: "Print the value of this setting alone.", completion: .list(SettingName.allCases.map(\.rawValue)))
    var name: String?

    @OptionGroup var options: ControlOptions

    package init() {}

    package func run() throws {
        if let name {
            do { _ = try SettingDefinition.named(name) } catch {
                throw ControlFailure(error.description, exitStatus: 64)
            }
        }
        try options.call(.settingsGet, options.parameters()) { answer in
            guard let name, let value = answer[name] else { return settingsText(answer) }
            return value.string ?? value.text
        }
    }
}
