package import ArgumentParser
import Basics
import Control
import OrderedCollections
import Settings

package struct SetCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change settings; all of them at once, between two frames.")

    @Argument(
        help: "Settings as key=value; the keys are \(SettingName.allCases.map(\.rawValue).joined(separator: ", ")).",
        completion: .assignments)
    var assignments: [String]

    @Option(help: "Move there smoothly within this time, such as 2s or 500ms (prompt, strength and blend).")
    var transition: String?

    @OptionGroup var options: ControlOptions

    package init() {}

    package func run() throws {
        let change: SettingsChange
        do { change = try SettingsChange(assignments: assignments) } catch {
            throw ControlFailure(error.description, exitStatus: 64)
        }
        guard case .object(var parameters) = change.json else { return }
        if let transition {
            guard let duration = Duration(parsing: transition) else {
                throw ControlFailure(
                    "--transition is \(transition); allowed is a duration such as 2s or 500ms", exitStatus: 64)
            }
            parameters["transition"] = .number(duration.inSeconds)
        }
        try options.call(.settingsSet, options.parameters(.object(parameters)), show: settingsText)
    }
}
