package import ArgumentParser
import Basics
import Control
import Settings

package struct StreamCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "List, start, stop, pause and resume streams.",
        subcommands: [
            List.self, Start.self, Stop.self, Pause.self, Resume.self, Passthrough.self,
        ])

    package init() {}

    package struct List: ParsableCommand {
        package static let configuration = CommandConfiguration(abstract: "List the streams.")
        @OptionGroup var options: ControlOptions
        package init() {}

        package func run() throws {
            try options.call(.streamList, [:]) { answer in
                (answer["streams"]?.array ?? []).map { stream in
                    let field = { (key: String) in stream[key].map { $0.string ?? $0.text } ?? "" }
                    let message = field("message")
                    return "\(field("name"))  \(field("state"))  \(field("frames_per_second")) frames/s"
                        + (message.isEmpty ? "" : "  \(message)")
                }.joined(separator: "\n")
            }
        }
    }

    package struct Start: ParsableCommand {
        package static let configuration = CommandConfiguration(abstract: "Start a stopped stream.")
        @OptionGroup var options: ControlOptions
        package init() {}
        package func run() throws { try options.call(.streamStart, options.parameters()) { outline($0) } }
    }

    package struct Stop: ParsableCommand {
        package static let configuration = CommandConfiguration(abstract: "Stop a stream and finish its files.")
        @OptionGroup var options: ControlOptions
        package init() {}
        package func run() throws { try options.call(.streamStop, options.parameters()) { outline($0) } }
    }

    package struct Pause: ParsableCommand {
        package static let configuration = CommandConfiguration(abstract: "Hold the last picture.")
        @OptionGroup var options: ControlOptions
        package init() {}
        package func run() throws { try options.call(.streamPause, options.parameters(), show: settingsText) }
    }

    package struct Resume: ParsableCommand {
        package static let configuration = CommandConfiguration(abstract: "End a pause or a passthrough.")
        @OptionGroup var options: ControlOptions
        package init() {}
        package func run() throws { try options.call(.streamResume, options.parameters(), show: settingsText) }
    }

    package struct Passthrough: ParsableCommand {
        package static let configuration = CommandConfiguration(abstract: "Send the source on as it is.")
        @OptionGroup var options: ControlOptions
        package init() {}
        package func run() throws { try options.call(.streamPassthrough, options.parameters(), show: settingsText) }
    }
}
