import ArgumentParser
import Basics
import Control
import Foundation
import OrderedCollections
import Settings

/// What every subcommand of `ctl` takes.
package struct ControlOptions: ParsableArguments {
    @Option(
        help: "The daemon's socket (default: $XDG_RUNTIME_DIR/restyled.sock, for root /run/restyled.sock).",
        completion: .file())
    var socket: String?

    @Option(help: "The stream; needed when there are several.")
    var stream: String?

    @Flag(help: "Print the daemon's answer as JSON, one object a line.")
    var json = false

    package init() {}

    func connect() throws -> ControlClient {
        guard let path = socket ?? ControlListener.defaultPath(environment: ProcessInfo.processInfo.environment) else {
            throw ControlFailure(
                ControlError(.failed, "XDG_RUNTIME_DIR is not set; name the daemon's socket with --socket"))
        }
        do { return try ControlClient(path: path) } catch { throw ControlFailure(error) }
    }

    /// The parameters with the stream, where one is named.
    func parameters(_ others: JSONValue = [:]) -> JSONValue {
        guard let stream, case .object(var members) = others else { return others }
        members["stream"] = .string(stream)
        return .object(members)
    }

    /// Calls, and prints the answer as JSON or by `show`.
    func call(_ method: ControlMethod, _ parameters: JSONValue, show: (JSONValue) -> String) throws {
        var client = try connect()
        do {
            let answer = try client.call(method, parameters)
            print(json ? answer.text : show(answer))
        } catch { throw ControlFailure(error) }
    }
}
