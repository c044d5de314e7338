package import ArgumentParser
import Basics
import Control
import Foundation
import Settings

package struct ScriptCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "script", abstract: "Play a timeline of settings from now on.")

    @Argument(help: "The timeline, a YAML list with at, settings and transition; - is stdin.", completion: .file())
    var file: String

    @OptionGroup var options: ControlOptions

    package init() {}

    package func run() throws {
        let text: String
        do {
            let data =
                file == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(fileURLWithPath: file))
            text = String(decoding: data, as: UTF8.self)
        } catch {
            throw ControlFailure("\(file) can't be read: \(error.localizedDescription)", exitStatus: 66)
        }
        // Checked here first, so that errors name the file.
        do { _ = try Timeline(parsing: text, file: file) } catch {
            throw ControlFailure(error.description, exitStatus: 65)
        }
        try options.call(.scriptLoad, options.parameters(["text": .string(text)])) { outline($0) }
    }
}
