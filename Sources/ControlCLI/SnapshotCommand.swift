package import ArgumentParser
import Basics
import Control
import Foundation
import Settings

package struct SnapshotCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Write the last picture as PNG.")

    @Argument(help: "The file to write; - is stdout.", completion: .file(extensions: ["png"]))
    var file: String

    @Flag(help: "The source's picture, as it went into the model.")
    var source = false

    @OptionGroup var options: ControlOptions

    package init() {}

    package func run() throws {
        var client = try options.connect()
        let picture = source ? SnapshotPicture.source : .restyled
        let answer: JSONValue
        do { answer = try client.call(.snapshot, options.parameters(["picture": .string(picture.rawValue)])) } catch {
            throw ControlFailure(error)
        }
        guard let data = answer["data"]?.string.flatMap({ Data(base64Encoded: $0) }) else {
            throw ControlFailure("the daemon's answer holds no picture", exitStatus: 70)
        }
        if file == "-" {
            FileHandle.standardOutput.write(data)
            return
        }
        do { try data.write(to: URL(fileURLWithPath: file)) } catch {
            throw ControlFailure("\(file) can't be written: \(error.localizedDescription)", exitStatus: 73)
        }
    }
}
