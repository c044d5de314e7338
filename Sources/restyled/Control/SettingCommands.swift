import ArgumentParser
import Basics
import Control
import Foundation
import OrderedCollections
import Settings

struct SetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change settings; all of them at once, between two frames.")

    @Argument(
        help: "Settings as key=value; the keys are \(SettingName.allCases.map(\.rawValue).joined(separator: ", ")).",
        completion: .assignments)
    var assignments: [String]
    @Option(
        help: "Move there smoothly within this time, such as 2s or 500ms (prompt, strength and blend).",
        completion: .list(["500ms", "2s", "10s"]))
    var transition: String?
    @OptionGroup var options: ControlOptions

    func run() throws {
        let change = try SettingsChange(assignments: assignments)
        guard case .object(var parameters) = change.json else { return }
        if let transition {
            guard let duration = Duration(parsing: transition) else {
                throw UsageError("--transition is \(transition); allowed is a duration such as 2s or 500ms")
            }
            parameters["transition"] = .number(duration.inSeconds)
        }
        try options.call(.settingsSet, options.parameters(.object(parameters)), show: settingsText)
    }
}

struct GetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Print the current settings.")

    @Argument(help: "Print the value of this setting alone.", completion: .list(SettingName.allCases.map(\.rawValue)))
    var name: String?
    @OptionGroup var options: ControlOptions

    func run() throws {
        if let name { _ = try SettingDefinition.named(name) }
        try options.call(.settingsGet, options.parameters()) { answer in
            guard let name, let value = answer[name] else { return settingsText(answer) }
            return value.string ?? value.text
        }
    }
}

struct DescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Print every setting with its range and default.")

    @OptionGroup var options: ControlOptions

    func run() throws {
        try options.call(.settingsDescribe, [:]) { answer in
            (answer["settings"]?.array ?? []).map { setting in
                let field = { (key: String) in setting[key].map { $0.string ?? $0.text } ?? "" }
                let value = field("default").isEmpty ? "empty" : field("default")
                return "\(field("name"))\n    \(field("help")): \(field("allowed")) (default: \(value))."
            }.joined(separator: "\n")
        }
    }
}

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Print the settings, and again whenever they change, until interrupted.")

    @OptionGroup var options: ControlOptions

    func run() throws {
        var client = try options.connect()
        var settings = try client.call(.settingsObserve, options.parameters())
        while true {
            print(options.json ? settings.text : settingsText(settings) + "\n")
            // A program that reads this from a pipe wants each change at once.
            fflush(nil)
            settings = try client.notification().parameters
        }
    }
}

struct ScriptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "script", abstract: "Play a timeline of settings from now on.")

    @Argument(help: "The timeline, a YAML list with at, settings and transition; - is stdin.", completion: .file())
    var file: String
    @OptionGroup var options: ControlOptions

    func run() throws {
        let text: String
        do {
            let data =
                file == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(fileURLWithPath: file))
            text = String(decoding: data, as: UTF8.self)
        } catch {
            throw CommandFailure("\(file) can't be read: \(error.localizedDescription)", .noInput)
        }
        // Checked here first, so that errors name the file.
        do { _ = try Timeline(parsing: text, file: file) } catch { throw CommandFailure(error.description, .data) }
        try options.call(.scriptLoad, options.parameters(["text": .string(text)])) { outline($0) }
    }
}
