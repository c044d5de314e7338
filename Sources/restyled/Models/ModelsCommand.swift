import ArgumentParser
import Diffusion
import Foundation
import ModelLoading
import Settings
import Weights

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "Look at models, and download them.",
        subcommands: [ModelsListCommand.self, ModelsPullCommand.self, ModelsShowCommand.self])
}

struct ModelsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The models on this machine: the one inside the program, and the Hugging Face cache's.")

    func run() throws {
        let cache = HubCache(environment: ProcessInfo.processInfo.environment)
        let rows = CachedModel.all(in: cache).map {
            [$0.name, $0.kind, ModelsShowCommand.bytes($0.byteCount)]
        }
        print(TextTable([["model", "family", "size"]] + rows, rightAligned: [2]))
    }
}

struct ModelsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "What a model holds, and the memory it will take.")

    @Argument(
        help: "What --model takes: a folder, a checkpoint, a name in the Hugging Face cache, or pocket.",
        completion: .models)
    var name: String

    func run() throws {
        let opened = try ModelChoice(model: name).open()
        let model = opened.model
        let size = model.defaultSize(inputWidth: 1, inputHeight: 1)
        print("\(name): \(model.family.rawValue)")
        print("  made for \(size.width)x\(size.height) pixels, \(model.scheduler.predictionType.rawValue) prediction")
        let rows =
            model.parts.map {
                [
                    $0.name, $0.className, Self.count($0.parameterCount), $0.elementTypes.joined(separator: "+"),
                    Self.bytes($0.float32ByteCount),
                ]
            }
        let table = [["part", "class", "parameters", "stored as", "memory, fp32"]] + rows
        print(TextTable(table, rightAligned: [2, 4], indent: "  "))
        if let styles = try ModelStyles(of: opened.files) {
            print("  \(styles.styles.count) styles, which `restyled styles \(name)` lists")
        }
        print("  in all \(Self.bytes(model.float32ByteCount)) of weights in memory, and the pictures' own besides")
    }

    static func count(_ number: Int) -> String {
        let (value, unit) = number < 1_000_000_000 ? (Double(number) / 1e6, "M") : (Double(number) / 1e9, "B")
        return "\((value * 10).rounded() / 10) \(unit)"
    }

    static func bytes(_ number: Int) -> String {
        if number < 1 << 20 { return "\(max(1, number >> 10)) KiB" }
        let (value, unit) =
            number < 1 << 30 ? (Double(number) / 1_048_576, "MiB") : (Double(number) / 1_073_741_824, "GiB")
        return "\((value * 10).rounded() / 10) \(unit)"
    }
}
