package import ArgumentParser
import Basics
import Control
import Settings

package struct DescribeCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Print every setting with its range and default.")

    @OptionGroup var options: ControlOptions

    package init() {}

    package func run() throws {
        try options.call(.settingsDescribe, [:]) { answer in
            (answer["settings"]?.array ?? []).map { setting in
                let field = { (key: String) in setting[key].map { $0.string ?? $0.text } ?? "" }
                let value = field("default").isEmpty ? "empty" : field("default")
                return "\(field("name"))\n    \(field("help")): \(field("allowed")) (default: \(value))."
            }.joined(separator: "\n")
        }
    }
}
