public import ArgumentParser
internal import Control
internal import Settings

public struct StreamCommand: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "List, start, stop, pause and resume streams.",
        subcommands: [
            List.self, Start.self, Stop.self, Pause.self, Resume.self, Passthrough.self,
        ])

    public init() {}

    public struct List: ParsableCommand {
        public static let configuration = CommandConfiguration(abstract: "List the streams.")
        @OptionGroup var options: ControlOptions
        public init() {}

        public func run() throws {
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

    public struct Start: ParsableCommand {
        public static let configuration = CommandConfiguration(abstract: "Start a stopped stream.")
        @OptionGroup var options: ControlOptions
        public init() {}
        public func run() throws { try options.call(.streamStart, options.parameters()) { outline($0) } }
    }

    public struct Stop: ParsableCommand {
        public static let configuration = CommandConfiguration(abstract: "Stop a stream and finish its files.")
        @OptionGroup var options: ControlOptions
        public init() {}
        public func run() throws { try options.call(.streamStop, options.parameters()) { outline($0) } }
    }

    public struct Pause: ParsableCommand {
        public static let configuration = CommandConfiguration(abstract: "Hold the last picture.")
        @OptionGroup var options: ControlOptions
        public init() {}
        public func run() throws { try options.call(.streamPause, options.parameters(), show: settingsText) }
    }

    public struct Resume: ParsableCommand {
        public static let configuration = CommandConfiguration(abstract: "End a pause or a passthrough.")
        @OptionGroup var options: ControlOptions
        public init() {}
        public func run() throws { try options.call(.streamResume, options.parameters(), show: settingsText) }
    }

    public struct Passthrough: ParsableCommand {
        public static let configuration = CommandConfiguration(abstract: "Send the source on as it is.")
        @OptionGroup var options: ControlOptions
        public init() {}
        public func run() throws { try options.call(.streamPassthrough, options.parameters(), show: settingsText) }
    }
}
