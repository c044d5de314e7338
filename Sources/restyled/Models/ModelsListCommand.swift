import ArgumentParser
import Foundation
import Models
import Weights

struct ModelsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The models at hand: the one inside the program, and the Hugging Face cache's.")

    func run() throws {
        let cache = HubCache(environment: ProcessInfo.processInfo.environment)
        let rows = CachedModel.all(in: cache).map {
            [$0.name, $0.kind, ModelsShowCommand.bytes($0.byteCount)]
        }
        print(TextTable([["model", "family", "size"]] + rows, rightAligned: [2]))
    }
}
